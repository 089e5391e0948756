// Databases of addresses as operators give them: their common schemas, their order, files that change or break.
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAddressDatabase } from "../../src/geography/address-database.ts";
import { type Geography, openGeography } from "../../src/geography/geography.ts";
import { openLog } from "../../src/log.ts";
import { mmdb } from "../support/mmdb.ts";

const silent = openLog("silent");
let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nearbucket-geography-"));
});
afterAll(() => rm(directory, { recursive: true }));
beforeEach(() => {
  file = join(directory, `${crypto.randomUUID()}.mmdb`);
});

const london = { latitude: 51.5, longitude: -0.12 };
const cityOf = (coordinates: typeof london, code = "GB") => ({ country: { iso_code: code }, location: coordinates });
const open = (databases: readonly string[], countries: "builtin" | "off" = "off") =>
  openGeography({ countries, databases: databases.map((path) => ({ file: path })) }, silent);

describe("a database with more records than are kept next to each other", () => {
  it("tells each of its own, again and again, and reads one that is asked for again only once", async () => {
    const networks = Array.from({ length: 3000 }, (_, n) => [20 + (n >> 8), n & 255] as const);
    const coordinatesOf = (n: number) => ({ latitude: n / 50 + 0.005, longitude: -n / 50 - 0.005 });
    const rows = networks.map(([a, b], n) => [`${a}.${b}.0.0/16`, cityOf(coordinatesOf(n))] as const);
    await writeFile(file, mmdb([["1.1.1.0/24", cityOf(london)], ...rows]));
    const database = await openAddressDatabase(file);
    for (let round = 0; round < 2; round++)
      for (const [n, [a, b]] of networks.entries())
        expect(database.find(`${a}.${b}.7.${round}`)?.coordinates).toEqual(coordinatesOf(n));
    expect(database.find("1.1.1.1")).toBe(database.find("1.1.1.200"));
  });
});

describe("the built-in countries", () => {
  let geography: Geography;
  beforeAll(async () => {
    geography = await openGeography({ countries: "builtin", databases: [] }, silent);
  });
  afterAll(() => geography.close());

  it.each([
    ["8.8.8.8", "US"],
    ["133.11.0.1", "JP"],
    ["2a01:e0a::1", "FR"],
    ["::ffff:133.11.0.1", "JP"],
    ["2002:850b:1::1", "JP"],
    ["200.160.2.3", "BR"],
  ])("know that %s is in %s", (address, country) =>
    expect(geography.placeOf(address)).toMatchObject({ country, source: "country", coordinates: expect.anything() }),
  );

  it.each(["127.0.0.1", "10.0.0.1", "2001:db8::1", "fe80::1%eth0", "no address"])("know nothing of %s", (address) =>
    expect(geography.placeOf(address)).toBeUndefined(),
  );

  it("say when they were made", () => {
    expect(geography.databases).toEqual([{ file: undefined, kind: expect.any(String), builtAt: expect.any(Date) }]);
  });
});

it("knows nothing without any data", async () => {
  const geography = await open([]);
  expect(geography.placeOf("8.8.8.8")).toBeUndefined();
  expect(geography.databases).toEqual([]);
  await geography.close();
});

describe("a file", () => {
  it.each([
    ["MaxMind's", cityOf(london)],
    ["ip-location-db's", { country_code: "GB", ...london }],
    ["IPinfo's", { country: "GB", lat: "51.5", lng: "-0.12" }],
  ])("is read in %s schema", async (_, record) => {
    await writeFile(file, mmdb([["81.2.69.0/24", record]]));
    const geography = await open([file]);
    const place = { coordinates: london, source: "city", country: "GB" };
    expect(geography.placeOf("81.2.69.142")).toEqual(place);
    expect(geography.placeOf("81.2.70.1")).toBeUndefined();
    await geography.close();
  });

  it.each([
    ["has none", { country: { iso_code: "GB" } }],
    ["says 0,0", { country_code: "GB", latitude: 0, longitude: 0 }],
    ["means the whole country", { country: { iso_code: "GB" }, location: { ...london, accuracy_radius: 1000 } }],
    ["says what is no place", { country_code: "GB", latitude: 951.5, longitude: 0.5 }],
  ])("tells the country where it %s", async (_, record) => {
    await writeFile(file, mmdb([["81.2.69.0/24", record]]));
    const geography = await open([file]);
    expect(geography.placeOf("81.2.69.142")).toMatchObject({ source: "country", country: "GB" });
    await geography.close();
  });

  it.each([
    [{ autonomous_system_number: 64500 }],
    [{ asn: "AS64500" }],
    [{ traits: { autonomous_system_number: 64500 } }],
  ])("tells the operator's number: %j", async (record) => {
    await writeFile(file, mmdb([["2a00:1450::/32", record]]));
    const geography = await open([file]);
    expect([geography.asnOf("2a00:1450::1"), geography.asnOf("2a00:1451::1")]).toEqual([64500, undefined]);
    await geography.close();
  });

  it("gives way to those before it, and goes before the built-in countries", async () => {
    const second = `${file}.second`;
    await writeFile(file, mmdb([["8.8.8.0/24", { country_code: "GB" }]]));
    await writeFile(second, mmdb([["8.8.0.0/16", cityOf({ latitude: 1.5, longitude: 2.5 }, "FR")]]));
    const geography = await open([file, second], "builtin");
    const coordinates = { latitude: 1.5, longitude: 2.5 };
    expect(geography.placeOf("8.8.8.8")).toEqual({ coordinates, source: "city", country: "GB" });
    expect(geography.placeOf("8.8.9.9")).toEqual({ coordinates, source: "city", country: "FR" });
    expect(geography.placeOf("133.11.0.1")).toMatchObject({ source: "country", country: "JP" });
    await geography.close();
  });

  it.each([
    ["is not there", undefined],
    ["is no database", Buffer.from("<html>not found</html>")],
    ["is cut off", mmdb([["8.8.8.0/24", cityOf(london)]]).subarray(0, 200)],
  ])("that %s at the start is named with its key", async (_, bytes) => {
    if (bytes !== undefined) await writeFile(file, bytes);
    await expect(open([file])).rejects.toThrow(`geography.databases[0].file: cannot use ${file}`);
  });
});

describe("a file that changes", () => {
  const lines: { readonly msg: string; readonly file?: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const told = () => lines.splice(0).map(({ msg }) => msg);
  const replace = async (bytes: Buffer) => {
    await writeFile(`${file}.new`, bytes);
    await rename(`${file}.new`, file);
  };

  it("is read anew; a broken one is told of once, and the old data stay", async () => {
    const builtAt = new Date("2026-01-01T00:00:00Z");
    await writeFile(file, mmdb([["8.8.8.0/24", cityOf(london)]], { builtAt }));
    const geography = await openGeography({ countries: "off", databases: [{ file }] }, log);
    const latitude = () => geography.placeOf("8.8.8.8")?.coordinates.latitude;
    await geography.refresh();
    expect([latitude(), told(), geography.databases[0]?.builtAt]).toEqual([51.5, [], builtAt]);

    const next = mmdb([["8.8.8.0/24", cityOf({ latitude: 10.5, longitude: 20.5 })]]);
    await replace(next.subarray(0, next.length - 40));
    await geography.refresh();
    await geography.refresh();
    expect([latitude(), told()]).toEqual([51.5, ["the new database of addresses is not used"]]);

    await rm(file);
    await geography.refresh();
    await geography.refresh();
    expect([latitude(), told()]).toEqual([51.5, ["the new database of addresses is not used"]]);

    await replace(next);
    await geography.refresh();
    expect([latitude(), told()]).toEqual([10.5, ["a new database of addresses is in use"]]);
    await geography.close();
  });
});
