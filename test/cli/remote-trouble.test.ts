// Over the API, what an operator does about stores that are lost, wanted no longer, or hold what nobody knows.
import { rename } from "node:fs/promises";
import { expect, it, vi } from "vitest";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { put } from "../contracts/backend-contract.ts";
import { at, entry, lose, remotely, send, start, store, until, WITHIN } from "./over-disks.ts";

it("gives the place of a lost store to an empty one", async () => {
  await start();
  await store("key");
  await lose("a");
  await until("a", { condition: "lost" });
  expect(await remotely("backends", "replace", "a")).toMatchObject({
    code: 0,
    out: "a is the new store now: 1 replicas are copied anew while a gateway runs\n",
  });
  await until("a", { condition: "in place" });
  expect((await send({ path: "/bucket/key" })).text).toBe("content of key");
});

it("drains a store until it can be removed, and removes it", async () => {
  await start(["a", "b", "c"]);
  for (const key of ["one", "two", "three"]) await store(key);
  const drained = await remotely("backends", "drain", "a", "--wait");
  expect(drained).toMatchObject({ code: 0, out: "a can be removed: nearbucket backends remove a\n" });
  expect(await remotely("backends", "remove", "a")).toMatchObject({ code: 0, err: "" });
  expect(await entry("a")).toMatchObject({ state: "removed", replicas: 0 });
  for (const key of ["one", "two", "three"]) expect((await send({ path: `/bucket/${key}` })).status).toBe(200);
});

it("confirms what a store holds and nobody knows", async () => {
  await start(["a", "b"], { inventory: { hours: 1 / 3600 } });
  const disk = await openDiskBackend({ name: "a", region: "a", directory: at("a"), durable: false });
  await put(disk, "blobs/ab/stray", Buffer.from("lost"));
  const known = async () => JSON.parse((await remotely("backends", "orphans", "a", "--json")).out);
  await vi.waitFor(async () => expect(await known()).toMatchObject({ keys: 1, unconfirmed: 1 }), WITHIN);
  expect(await remotely("backends", "orphans", "a", "--delete")).toMatchObject({
    code: 0,
    err: expect.stringContaining("1 key more will be deleted from a"),
  });
  expect(await known()).toMatchObject({ keys: 1, unconfirmed: 0 });
});

it("runs a job now that waits, and says what is not safe while a store is away", async () => {
  await start();
  await store("key");
  const jobs = JSON.parse((await remotely("jobs", "list", "--json")).out) as { id: number; running: boolean }[];
  const waiting = jobs.find(({ running }) => !running);
  expect(waiting).toBeDefined();
  expect(await remotely("jobs", "retry", String(waiting?.id))).toMatchObject({
    code: 0,
    out: `job ${waiting?.id} runs now: nearbucket jobs list\n`,
  });
  await rename(at("a"), at("a-away"));
  await until("a", { condition: "lost" });
  const status = await remotely("status", "--json");
  expect(status.code).toBe(2);
  const { verdict, backends } = JSON.parse(status.out);
  expect(verdict).not.toBe("safe");
  expect(backends).toContainEqual(expect.objectContaining({ name: "a", up: false }));
});
