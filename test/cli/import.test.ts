// `nearbucket import` refuses what it cannot do in words, and says how far it is. test/behaviour/import.test.ts has the
// rest.
import { expect, it } from "vitest";
import { progressText } from "../../src/cli/import.ts";
import { checkConfig } from "../../src/config/schema.ts";
import { command, send, start } from "./over-disks.ts";

const adopting = { kind: "s3", name: "c", region: "c", endpoint: "http://127.0.0.1:1", bucket: "photos", adopts: true };
const key = { accessKeyId: "AK", secretAccessKey: "a-secret-for-tests" };

it("refuses what it cannot adopt", async () => {
  await start();
  const refused = async (...words: string[]) => (await command(["import", ...words])).err;
  expect(await refused("a", "--to", "b", "--in-place")).toContain("say SERVICE/BUCKET");
  expect(await refused("a/photos/2026", "--to", "b")).toContain("--prefix names a part");
  expect(await refused("a/photos", "--to", "photos")).toContain("there is no bucket photos");
  await send({ method: "PUT", path: "/photos" });
  expect(await refused("a/photos", "--to", "photos")).toContain("a is no S3 service");
  expect(await refused("nowhere/photos", "--to", "photos")).toContain("no source and no backend nowhere");
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
  expect(await refused("c/photos", "--to", "photos")).toContain("there is no bucket photos");
  await send({ method: "PUT", path: "/photos" });
  expect(await refused("c/films", "--to", "photos")).toContain("the bucket of c is photos");
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
  expect(progressText({ objects: 500, bytes: 0 }, undefined, 2000, true)).toBe("500 objects, 250/s");
  expect(progressText({ objects: 1000, bytes: 0 }, { objects: 31_000, bytes: 0 }, 2000, true)).toBe(
    "1,000 of 31,000 objects, 500/s, 60 s more",
  );
  const done = { objects: 10, bytes: 1024 ** 2 };
  expect(progressText(done, undefined, 1000, false)).toBe("10 objects, 1.0 MiB");
  expect(progressText(done, { objects: 50, bytes: 5 * 1024 ** 2 }, 1000, false)).toBe(
    "10 of 50 objects, 1.0 MiB of 5.0 MiB; 1.0 MiB/s, 4 s more",
  );
});
