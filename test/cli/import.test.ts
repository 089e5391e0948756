// `nearbucket import` refuses what it cannot do in words, and says how far it is. test/behaviour/import.test.ts has the
// rest.
import { expect, it } from "vitest";
import { progressText } from "../../src/cli/import.ts";
import { checkConfig } from "../../src/config/schema.ts";
import { command, start } from "./over-disks.ts";

const adopting = { kind: "s3", name: "c", region: "c", endpoint: "http://127.0.0.1:1", bucket: "photos", adopts: true };
const key = { accessKeyId: "AK", secretAccessKey: "a-secret-for-tests" };

it("refuses what it cannot adopt", async () => {
  await start();
  const refused = async (...words: string[]) => (await command(["import", ...words])).err;
  expect(await refused("a", "--to", "b", "--in-place")).toContain("say BACKEND/BUCKET");
  expect(await refused("a/photos", "--to", "photos")).toContain("give --in-place");
  expect(await refused("a/photos", "--to", "photos", "--in-place")).toContain("kind s3 with adopts: true");
  expect(await refused("nowhere/photos", "--to", "photos", "--in-place")).toContain("nowhere adopts nothing");
});

it("adopts what stands in the backend's bucket, into a bucket that there is", async () => {
  await start(["a", "b"], {
    backends: [
      { ...adopting, prefix: "nearbucket/", ...key },
      ...["a", "b"].map((name) => ({ kind: "memory", name, region: name })),
    ],
  });
  const refused = async (...words: string[]) => (await command(["import", ...words, "--in-place"])).err;
  expect(await refused("c/films", "--to", "photos")).toContain("the bucket of c is photos");
  expect(await refused("c/photos", "--to", "photos")).toContain("there is no bucket photos");
});

it("needs a prefix and a bucket for what is not the clients' own", () => {
  const faultsOf = (...backends: object[]) => {
    const regions = [{ name: "c", latitude: 0, longitude: 0 }];
    const checked = checkConfig({ regions, backends: backends.map((one) => ({ ...one, ...key })) });
    return "faults" in checked
      ? checked.faults.map(({ path }) => path).filter((path) => path.startsWith("backends"))
      : [];
  };
  expect(faultsOf({ ...adopting, prefix: "nearbucket/" })).toEqual([]);
  expect(faultsOf(adopting)).toEqual(["backends[0].prefix"]);
  expect(faultsOf({ ...adopting, prefix: "n" })).toEqual(["backends[0].prefix"]);
  const twice = { ...adopting, name: "d", adopts: false, prefix: "other/" };
  expect(faultsOf({ ...adopting, prefix: "nearbucket/" }, twice)).toEqual(["backends[0].bucket"]);
});

it("says how far it is, how fast it goes, and how long it takes once it knows how much there is", () => {
  expect(progressText({ done: 500, total: undefined }, 2000)).toBe("500 objects, 250/s");
  expect(progressText({ done: 1000, total: 31_000 }, 2000)).toBe("1,000 of 31,000 objects, 500/s, 60 s more");
});
