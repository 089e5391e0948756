import { expect, it } from "vitest";
import { tagFault } from "../../src/console/screens/details/pairs.ts";

it("says whether it is a tag's name or its value that cannot be", () => {
  expect(tagFault([{ name: "città", value: "日本語" }])).toBeUndefined();
  expect(tagFault([{ name: "città", value: "🎌" }])).toMatch(/^The value of città: letters/);
  expect(tagFault([{ name: "a#b", value: "x" }])).toMatch(/^a#b: letters/);
});
