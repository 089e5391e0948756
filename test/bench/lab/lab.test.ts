// The pure parts of the lab: its addresses, its commands, its options, its table and its picture.
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { addressesOf, clientMap, regionAt, seenAddresses, seenAs } from "./addresses.ts";
import { commands, hubOf, namespaceOf } from "./namespaces.ts";
import { isWhole, readOptions, roundsOf } from "./options.ts";
import { pictureOf } from "./picture.ts";
import { median, type Result, WAYS } from "./reads.ts";
import { regionOf, regions, rttMs } from "./regions.ts";
import { errorOf, isTrue, textOf, withText } from "./table.ts";

const singapore = regionOf("singapore");
const newYork = regionOf("new-york");

const results: readonly Result[] = [4096, 64 * 1024 ** 2].flatMap((bytes) =>
  regions.flatMap((region) =>
    WAYS.map((way, index) => ({
      ...{ region, bytes, way },
      fresh: { firstByteMs: 100, totalMs: 1000 * (index + 1) },
      kept: { firstByteMs: 50, totalMs: 500 * (index + 1) },
    })),
  ),
);
const check = { region: singapore, bytes: 1024 ** 2, theoryMs: 1000, measuredMs: 1050 };

describe("the regions", () => {
  it("are as far from each other in both directions, and nothing from the machine that runs the lab", () => {
    expect(rttMs(newYork, singapore)).toBeCloseTo(rttMs(singapore, newYork), 6);
    expect(rttMs(newYork, singapore)).toBeGreaterThan(200);
    expect(rttMs(newYork, newYork)).toBe(2);
    expect(rttMs(undefined, singapore)).toBe(0);
  });

  it("have addresses by which a server knows the region, whoever writes them", () => {
    const [mapped = "", unmapped = ""] = addressesOf(singapore, "client");
    expect([mapped, `::ffff:${mapped}`].map(seenAs)).toEqual(["10.78.3.2", "10.78.3.2"]);
    expect([mapped, `::ffff:${unmapped}`].map(regionAt)).toEqual([singapore, singapore]);
    expect(regionAt("10.77.0.1")).toBeUndefined();
    expect(clientMap).toContainEqual({ cidr: "10.78.3.0/25", region: "singapore" });
    expect(new Set(seenAddresses).size).toBe(1 + 3 * regions.length);
  });
});

it("touches no namespace but its own", () => {
  const own = new Set([
    hubOf("nblab-1"),
    ...regions.flatMap((region) => [
      namespaceOf("nblab-1", region, "servers"),
      namespaceOf("nblab-1", region, "client"),
    ]),
  ]);
  for (const [, ...words] of commands("nblab-1", 200)) {
    const named = words[0] === "-n" ? words[1] : words[2];
    expect(own).toContain(named);
  }
});

describe("the options", () => {
  it("are all sizes unless told, which a page may quote", () => {
    const options = readOptions([]);
    expect(options?.sizes).toEqual([4096, 1024 ** 2, 64 * 1024 ** 2]);
    expect(options && isWhole(options)).toBe(true);
    expect(options && roundsOf(options, 4096)).toBe(8);
  });

  it("choose sizes, rounds and a rate, and are then no whole run", () => {
    const options = readOptions(["--only", "64MiB", "--rounds", "6", "--rate", "1000"]);
    expect(options).toEqual({ sizes: [64 * 1024 ** 2], rounds: 6, clientMbit: 1000 });
    expect(options && isWhole(options)).toBe(false);
    expect(options && roundsOf(options, 64 * 1024 ** 2)).toBe(6);
  });

  it.each([
    ["--only", "5GiB"],
    ["--rounds", "3"],
    ["--rounds", "x"],
    ["--rate", "0"],
    ["--rate", "1001"],
  ])("do not understand %s %s", (...words) => {
    expect(readOptions(words)).toBeUndefined();
  });
});

it("takes the middle of an odd number and the mean of two", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([5])]).toEqual([2, 2.5, 5]);
  expect(median([])).toBeNaN();
});

describe("the table", () => {
  const text = textOf({
    ...{ checks: [check], results, rounds: [{ bytes: 4096, rounds: 8 }] },
    ...{ clientMbit: 200, date: "2026-01-31", machine: "a machine" },
  });

  it("has a line for each client and connection, with the ratio of closest to proxied", () => {
    expect(text).toContain("Measured on 2026-01-31 on a machine");
    expect(text).toContain("| Singapore | new | 100 ms / 1.00 s, 64.0 MiB/s | 100 ms / 2.00 s, 32.0 MiB/s |");
    expect(text).toContain("|  | kept | 50 ms / 500 ms | 50 ms / 1.00 s | 50 ms / 1.50 s | 0.50 |");
    expect(text).toContain("| Singapore | 230 ms | 1 MiB | 1.00 s | 1.05 s | +5.0 % |");
  });

  it("takes the place of the last one on the page, and of nothing else", () => {
    const page = "# Head\n<!-- written by npm run lab -->\nold\n<!-- to here -->\nfoot\n";
    const once = withText(page, "new\n");
    expect(once).toBe("# Head\n<!-- written by npm run lab -->\n\nnew\n\n<!-- to here -->\nfoot\n");
    expect(withText(once, "new\n")).toBe(once);
    expect(() => withText("# Head\n", "new\n")).toThrow("the page has no line");
  });
});

it("calls a relay true that errs by at most a tenth, or by few milliseconds", () => {
  expect(isTrue(check)).toBe(true);
  expect(errorOf({ ...check, measuredMs: 1000 - 205 })).toBeCloseTo(0.2, 6);
  expect(isTrue({ ...check, measuredMs: 1200 })).toBe(false);
  expect(isTrue({ ...check, theoryMs: 4, measuredMs: 9 })).toBe(true);
});

describe("the picture", () => {
  const picture = pictureOf(results, "2026-01-31 & more");

  it("is well-formed, and says in words what it shows", () => {
    const texts: string[] = [];
    const parser = new SaxesParser();
    parser.on("text", (part) => texts.push(part));
    parser.on("error", (error) => {
      throw error;
    });
    parser.write(picture).close();
    const said = texts.join("\n");
    expect(said).toContain("2026-01-31 & more");
    expect(said).toContain("Singapore: redirected to the closest copy 1.00 s, proxied 2.00 s");
    expect(picture).toContain('aria-labelledby="title desc"');
  });

  it("has a bar for each client, way and size, as long as the time", () => {
    const bars = [...picture.matchAll(/<rect class="(\w+)" x="112" y="[\d.]+" width="([\d.]+)"/g)];
    expect(bars.length).toBe(results.length);
    const widths = Object.fromEntries(bars.map(([, way = "", width]) => [way, Number(width)]));
    expect((widths["proxied"] ?? 0) / (widths["closest"] ?? 1)).toBeCloseTo(2, 1);
  });

  it("has colours for dark and for light", () => {
    expect(picture).toContain("prefers-color-scheme: dark");
  });
});
