// A read whose store takes long also asks another one. Whatever becomes of the two, the reader gets the blob if any
// replica can be read, and no store is blamed for what was given up.
import { randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import type { BlobReading } from "../../../src/blobs/read/open-blob.ts";
import type { Blob } from "../../../src/model.ts";
import { type FarStores, startFarStores } from "../../support/far-stores.ts";
import { openRig, type Rig, readAll } from "../../support/rig.ts";

const GETS = { method: "GET", key: /^blobs\// } as const;
const sizes = [
  ["a small blob", 50_000],
  ["a large blob", 300_000],
] as const;

const asked = (far: FarStores, name: string) =>
  far.store(name).requests.filter(({ method, key }) => method === "GET" && GETS.key.test(key));
const read = (rig: Rig, blob: Blob, reader = new AbortController()) =>
  rig.blobs.open(blob, { order: ["a", "b"], reader }).then(async ({ body, backend }: BlobReading) => ({
    backend,
    bytes: await readAll(body),
  }));
const stateOf = async (rig: Rig, name: string) =>
  (await rig.blobOf("key")).replicas.find(({ backend }) => backend === name)?.state;
const left = (far: FarStores, name: string) => asked(far, name).filter(({ isLeft }) => isLeft).length;

/** Nobody has counted a failure. */
function expectNoBlame(rig: Rig): void {
  for (const { up, reads } of rig.fleet.members()) {
    expect([up, reads.state]).toEqual([true, "closed"]);
    expect(reads.errorRate ?? 0).toBe(0);
  }
}

async function stand(far: FarStores, size: number, options: { readonly stillMs?: number } = {}) {
  const rig = await openRig({ backends: far.backends, stillMs: 60_000, ...options });
  const bytes = randomBytes(size);
  await rig.put("key", bytes);
  return { rig, bytes, blob: await rig.blobOf("key"), [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

describe.each(sizes)("the read of %s", (_, size) => {
  it("is answered by another store while the first says nothing", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size);
    far.store("a").script(GETS, { do: "hang" });
    expect(await read(at.rig, at.blob)).toEqual({ backend: "b", bytes: at.bytes });
    expect(at.rig.blobs.hedgeCounts).toEqual({ first: 0, second: 1, neither: 0, refused: 0 });
    expectNoBlame(at.rig);
  });

  it("leaves one call as a witness, and closes the others", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size);
    far.store("a").script(GETS, { do: "hang" });
    const all = await Promise.all(Array.from({ length: 5 }, () => read(at.rig, at.blob)));
    for (const { bytes } of all) expect(bytes.equals(at.bytes)).toBe(true);
    await vi.waitFor(() => expect([asked(far, "a").length, left(far, "a")]).toEqual([5, 4]));
    expectNoBlame(at.rig);
  });

  it("asks no store that was overtaken, until that answers", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size);
    const held = far.store("a").script(GETS, { do: "hold" });
    for (let n = 0; n < 4; n++) expect((await read(at.rig, at.blob)).backend).toBe("b");
    expect(held.hits).toBe(1);
    held.remove();
    held.release();
    await vi.waitFor(async () => expect((await read(at.rig, at.blob)).backend).toBe("a"));
    expectNoBlame(at.rig);
  });

  it("tells the store's breaker by its witness that reads stand still", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size, { stillMs: 500 });
    far.store("a").script(GETS, { do: "hang" });
    expect((await read(at.rig, at.blob)).backend).toBe("b");
    await vi.waitFor(() => expect(at.rig.fleet.get("a")?.reads.state).not.toBe("closed"), { timeout: 20_000 });
    await vi.waitFor(() => expect(left(far, "a")).toBeGreaterThan(0));
  });

  it("waits for the first store when the other one fails", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size);
    const held = far.store("a").script(GETS, { do: "hold" });
    const failing = far.store("b").script(GETS, { do: "status", status: 503, code: "SlowDown" });
    const reading = read(at.rig, at.blob);
    await failing.met;
    await vi.waitFor(() => expect(at.rig.fleet.get("b")?.reads.errorRate).toBe(1));
    held.release();
    expect(await reading).toEqual({ backend: "a", bytes: at.bytes });
    expect(at.rig.blobs.hedgeCounts).toMatchObject({ first: 1, second: 0 });
  });

  it("waits for the other store when the first one fails", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size);
    far.store("a").script(GETS, { do: "hang" });
    const held = far.store("b").script(GETS, { do: "hold" });
    const reading = read(at.rig, at.blob);
    await held.met;
    await far.store("a").stop();
    await vi.waitFor(() => expect(at.rig.fleet.get("a")?.up).toBe(false));
    held.release();
    expect(await reading).toEqual({ backend: "b", bytes: at.bytes });
  });

  it("fails when both fail", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size);
    far.store("a").script(GETS, { do: "hang" });
    const held = far.store("b").script(GETS, { do: "hold" });
    const reading = read(at.rig, at.blob);
    const failed = expect(reading).rejects.toMatchObject({ code: "ServiceUnavailable" });
    await held.met;
    await Promise.all([far.store("a").stop(), far.store("b").stop()]);
    await failed;
    expect(at.rig.blobs.hedgeCounts).toMatchObject({ first: 0, second: 0, neither: 1 });
  });

  it("ends with its reader, who closes both calls and blames nobody", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size);
    far.store("a").script(GETS, { do: "hang" });
    const second = far.store("b").script(GETS, { do: "hang" });
    const reader = new AbortController();
    const failed = expect(read(at.rig, at.blob, reader)).rejects.toThrow("gone");
    await second.met;
    reader.abort(new Error("gone"));
    await failed;
    await vi.waitFor(() => expect([left(far, "a"), left(far, "b")]).toEqual([1, 1]));
    expectNoBlame(at.rig);
  });

  it("marks a replica that the other store does not have, and one that the witness does not find", async () => {
    await using far = await startFarStores(3);
    await using at = await stand(far, size);
    const { storageKey } = at.blob;
    const held = far.store("a").script(GETS, { do: "hold" });
    far.store("b").remove(storageKey);
    const reading = read(at.rig, at.blob);
    await vi.waitFor(async () => expect(await stateOf(at.rig, "b")).toBe("lost"));
    held.release();
    expect((await reading).backend).toBe("a");
    expect(await stateOf(at.rig, "a")).toBe("verified");
    held.remove();
    await at.rig.upkeep.runDue();
    const blob = await at.rig.blobOf("key");
    far.store("a").remove(storageKey);
    const again = far.store("a").script(GETS, { do: "hold" });
    const { body } = await at.rig.blobs.open(blob, { order: ["a"], reader: new AbortController() });
    expect((await readAll(body)).equals(at.bytes)).toBe(true);
    expect(await stateOf(at.rig, "a")).toBe("verified");
    again.release();
    await vi.waitFor(async () => expect(await stateOf(at.rig, "a")).toBe("lost"));
  });

  it("waits where no other replica can be read", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, size);
    await at.rig.metadata.blobs.setReplica(at.blob.id, "b", "lost", at.blob.storageKey);
    const held = far.store("a").script({ ...GETS, nth: 1 }, { do: "hold" });
    const reading = read(at.rig, await at.rig.blobOf("key"));
    await held.met;
    // A second read shows that the time has passed after which the first would have asked another store.
    const before = far.store("a").script(GETS, { do: "hold" });
    await at.rig.put("other", randomBytes(size));
    const other = read(at.rig, await at.rig.blobOf("other"));
    expect((await other).backend).toBe("b");
    expect(asked(far, "b").length).toBe(1);
    before.release();
    held.release();
    expect((await reading).backend).toBe("a");
  });
});

describe("the budget of hedged reads", () => {
  it("is ten at once, and then one in ten reads", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, 50_000);
    far.store("a").script(GETS, { do: "hang" });
    let over = 0;
    const first = Array.from({ length: 30 }, () => read(at.rig, at.blob).finally(() => over++));
    await vi.waitFor(() => expect(at.rig.blobs.hedgeCounts).toMatchObject({ second: 10, refused: 20 }));
    expect([over, asked(far, "b").length]).toEqual([10, 10]);
    // The others go on as reads that need no second store make room for them.
    for (let n = 0; n < 100; n++) await read(at.rig, at.blob);
    await vi.waitFor(() => expect(over).toBe(20));
    for (let n = 0; n < 100; n++) await read(at.rig, at.blob);
    await Promise.all(first);
    expect(at.rig.blobs.hedgeCounts).toEqual({ first: 0, second: 30, neither: 0, refused: 20 });
  });
});

describe("a body that stands still amid its bytes", () => {
  it("goes on from another store, although that store serves other reads well", async () => {
    await using far = await startFarStores(2);
    await using at = await stand(far, 900_000, { stillMs: 300 });
    const small = randomBytes(1000);
    await at.rig.put("small", small);
    far.store("a").script({ key: at.blob.storageKey, method: "GET" }, { do: "hold-body", after: 400_000 });
    let isOver = false;
    const reading = read(at.rig, at.blob).finally(() => {
      isOver = true;
    });
    while (!isOver) expect(await at.rig.get("small", { order: ["a"] })).toEqual(small);
    expect((await reading).bytes.equals(at.bytes)).toBe(true);
    const [rest] = asked(far, "b").filter(({ key }) => key === at.blob.storageKey);
    expect(rest?.headers["range"]).toMatch(/^bytes=\d+-899999$/);
  });
});
