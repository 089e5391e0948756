// A region gets another name in the configuration while objects must stand in it by the old one.
import { expect, it } from "vitest";
import { at, command, gateway, remotely, send, start, store } from "./over-disks.ts";

const NAMES = ["a", "b", "c"];
const REGIONS = ["europe", "britain", "c"];
/** As `configure` writes them, but for the names of the regions of a and b. */
const renamed = () => ({
  regions: REGIONS.map((name, index) => ({ name, latitude: 0, longitude: index })),
  backends: NAMES.map((name, index) => ({ kind: "disk", name, region: REGIONS[index], directory: at(name) })),
});

async function restart(more: object = {}): Promise<void> {
  await gateway?.stop();
  await start(NAMES, more);
}

it("reads what must stand there through the gateway, says so by name, and counts all copies again with the old name", async () => {
  await start(NAMES);
  await send({ method: "PUT", path: "/bucket" });
  expect(await remotely("buckets", "set", "bucket", "--placement", "a,b")).toMatchObject({ code: 0 });
  await store("key");
  const status = async () => JSON.parse((await remotely("status", "--json")).out);
  expect((await status()).goneRegions).toEqual([]);

  await restart(renamed());
  const read = await send({ path: "/bucket/key" });
  expect([read.status, read.text]).toEqual([200, "content of key"]);
  const fault = await send({ method: "PUT", path: "/bucket/new", body: "new" });
  expect(fault.status).toBe(503);
  expect(await status()).toMatchObject({ verdict: "at-risk", unreadable: { blobs: 0 } });
  expect((await status()).goneRegions).toEqual(
    ["a", "b"].map((region) => ({ region, blobs: 1, copiesOn: ["a", "b"], outside: 1 })),
  );
  expect((await command(["status"])).out.replaceAll(/\s+/g, " ")).toContain(
    "No backend is in the region a, where 1 blob must stand. Copies that do not count are on a in europe, b in britain.",
  );
  const doctor = await command(["doctor"]);
  expect(doctor.code).toBe(2);
  expect(doctor.out.replaceAll(/\s+/g, " ")).toContain(
    "If this region was given another name, give it the old one again",
  );
  const explained = await remotely("explain", "s3://bucket/key", "--ip", "127.0.0.1");
  expect(explained.out.replaceAll(/\s+/g, " ")).toContain("the gateway reads a or b, and sends nobody there");

  await restart();
  expect(await status()).toMatchObject({ goneRegions: [], underReplicated: { blobs: 0 }, verdict: "safe" });
  expect((await send({ path: "/bucket/key" })).headers["x-nearbucket-region"]).toMatch(/^[ab]$/);
  expect((await send({ method: "PUT", path: "/bucket/new", body: "new" })).status).toBe(200);
});
