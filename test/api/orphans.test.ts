// What a store holds and the database does not know, found by a real inventory, and confirmed.
import { expect, it, vi } from "vitest";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { put } from "../contracts/backend-contract.ts";
import { startOverDisks } from "./over-disks.ts";

it("lists what a backend holds and the database does not know, and takes the word to delete it", async () => {
  await using place = await startOverDisks(["a", "b"], [], { inventory: { hours: 1 / 3600 } });
  const disk = await openDiskBackend({ name: "a", region: "a", directory: place.at("a"), durable: false });
  const keys = ["blobs/ab/one", "blobs/ab/three", "blobs/ab/two"];
  for (const key of keys) await put(disk, key, Buffer.from("lost"));
  const list = async (more: Readonly<Record<string, string>> = {}) =>
    (await place.call("GET", "/orphans", { query: { backend: "a", ...more } })).document;
  await vi.waitFor(async () => expect((await list()).keys).toBe(3), 15_000);
  const first = await list({ limit: "2" });
  expect(first).toMatchObject({ backend: "a", keys: 3, bytes: 12, unconfirmed: 3, held: false });
  expect(first.items).toMatchObject(keys.slice(0, 2).map((key) => ({ backend: "a", key, bytes: 4, confirmed: false })));
  expect(await list({ limit: "2", cursor: first.next })).toMatchObject({ items: [{ key: "blobs/ab/two" }] });
  const { document } = await place.call("POST", "/orphans/confirm", { body: { backend: "a" } });
  expect(document).toEqual({ backend: "a", confirmed: 3 });
  expect((await list()).unconfirmed).toBe(0);
});

it("knows no backend that is not registered", async () => {
  await using place = await startOverDisks(["a"]);
  const answers = [
    await place.call("GET", "/orphans", { query: { backend: "nobody" } }),
    await place.call("POST", "/orphans/confirm", { body: { backend: "nobody" } }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 404]);
});
