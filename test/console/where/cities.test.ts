// The places that one can pretend to be in.
import { expect, it } from "vitest";
import { placesToBe } from "../../../src/console/screens/where/cities.ts";

const AMSTERDAM = { latitude: 52.3676, longitude: 4.9041 };

it("names a city where a region stands once, as the region", () => {
  const [regions, cities] = placesToBe(new Map([["ams-1", AMSTERDAM]]));
  expect(regions?.places).toEqual([{ ...AMSTERDAM, name: "ams-1", value: "region ams-1" }]);
  const names = cities?.places.map(({ name }) => name) ?? [];
  expect(names).not.toContain("Amsterdam");
  expect(names).toContain("Frankfurt");
});

it("tells a region from a city of the same name elsewhere", () => {
  const places = placesToBe(new Map([["London", { latitude: 42.98, longitude: -81.25 }]])).flatMap(
    (group) => group.places,
  );
  expect(places.filter(({ name }) => name === "London").map(({ value }) => value)).toEqual([
    "region London",
    "city London",
  ]);
});

it("has cities alone where no region has a place", () => {
  expect(placesToBe(new Map()).map(({ title }) => title)).toEqual(["Cities"]);
});
