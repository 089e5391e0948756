// What operators are told of what is stored and whether it is safe, over disks that come and go.
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import { apiClient } from "../support/api.ts";
import { startOverDisks } from "./over-disks.ts";

it("says what is safe, where it stands, and how this gateway finds each backend", async () => {
  await using place = await startOverDisks(["a", "b", "c"]);
  await place.store("photo", "three words here");
  const { document } = await place.call("GET", "/status");
  expect(document).toMatchObject({
    verdict: "safe",
    copies: 2,
    stored: { blobs: 1, objects: 1, bytes: 16 },
    atRisk: { blobs: 0 },
    underReplicatedByBucket: [],
    takeovers: [],
  });
  expect(Date.parse(document.startedAt)).toBeLessThanOrEqual(Date.parse(document.now));
  expect(document.backends).toHaveLength(3);
  expect(document.backends[1]).toMatchObject({
    name: "b",
    region: "b",
    coordinates: { latitude: 0, longitude: 10 },
    state: "attached",
    safeToLose: true,
    live: { up: true, writable: true, reads: { state: "closed" }, writes: { state: "closed" } },
  });
});

it("says what is at risk when a disk goes, and in which buckets copies are missing", async () => {
  await using place = await startOverDisks(["a", "b"]);
  await place.store("photo", "three words here");
  await place.lose("b");
  await place.until("b", { condition: "lost" });
  const { document } = await place.call("GET", "/status");
  expect(document).toMatchObject({ verdict: "at-risk", atRisk: { blobs: 1, objects: 1, bytes: 16 } });
  expect(document.backends).toMatchObject([
    { name: "a", safeToLose: false, onlyHere: { blobs: 1 } },
    { name: "b", live: { up: false, why: expect.any(String) } },
  ]);
});

it("says when repair begins while a disk is away, unless there is no other to copy to", async () => {
  await using place = await startOverDisks(["a", "b"], ["c"]);
  await place.store("photo", "three words here");
  await place.lose("b");
  await place.until("b", { condition: "lost" });
  expect((await place.call("GET", "/status")).document).not.toHaveProperty("repairBeginsAt");
  await place.call("POST", "/backends", { body: { kind: "disk", name: "c", region: "c", directory: place.at("c") } });
  await place.until("c", { condition: "in place" });
  const { document } = await place.call("GET", "/status");
  expect(document).toMatchObject({ toRepair: { blobs: 1, objects: 1, bytes: 16 } });
  expect(Date.parse(document.repairBeginsAt) - Date.parse(document.backends[1].seenAt)).toBe(600_000);
});

it("says what the last inventory of each backend found, and nothing that its document does not promise", async () => {
  await using place = await startOverDisks(["a"], [], { inventory: { hours: 1 / 3600 }, copies: 1 });
  const inventory = async () => (await place.call("GET", "/status")).document.backends[0].inventory;
  await vi.waitFor(async () => {
    expect(await inventory()).toEqual({ walkedAt: expect.any(String), quarantined: 0, bytes: 0, isHeld: false });
  }, 15_000);
});

it("says what is stored and what dedup saves", async () => {
  await using place = await startOverDisks(["a", "b"]);
  await place.store("one", "the same");
  await place.store("two", "the same");
  const { document } = await place.call("GET", "/stats");
  expect(document).toMatchObject({
    buckets: 1,
    objects: 2,
    blobs: 1,
    logicalBytes: 16,
    uniqueBytes: 8,
    storedBytes: 16,
  });
  expect(document.dedupRatio).toBe(2);
});

it.each(["/status", "/stats"])("keeps %s from those who are no operators", async (path) => {
  await using place = await startOverDisks(["a"]);
  const other = await place.gateway.addAccount("other");
  await other.s3.send(new CreateBucketCommand({ Bucket: "others" }));
  await other.s3.send(new PutObjectCommand({ Bucket: "others", Key: "k", Body: "b" }));
  expect((await apiClient(place.gateway, other)("GET", path)).document).toMatchObject({ code: "NotAllowed" });
});
