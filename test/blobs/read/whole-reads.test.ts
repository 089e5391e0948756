// A whole read from stores that give wrong bytes under the right ETag: its reader gets the blob, or no end.
import { createHash, randomBytes } from "node:crypto";
import { finished } from "node:stream/promises";
import { describe, expect, it, vi } from "vitest";
import { type FarStores, startFarStores } from "../../support/far-stores.ts";
import { openRig, type Rig } from "../../support/rig.ts";

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const bytes = randomBytes(PART + MIB);
const sha256 = (given: Buffer) => createHash("sha256").update(given).digest("hex");

type Store = "a" | "b";

const ways = {
  "in one request": (rig: Rig) => rig.put("key", bytes),
  async "in parts"(rig: Rig) {
    const upload = await rig.startUpload("key");
    for (const n of [0, 1]) await rig.uploadPart(upload, n + 1, bytes.subarray(n * PART, (n + 1) * PART));
    await rig.completeUpload(upload);
  },
} satisfies Record<string, (rig: Rig) => Promise<unknown>>;

/** Reads from "a" first; resolves with what came, and the error if the end did not. */
async function readWhole(rig: Rig, range?: { first: number; last: number }) {
  const { body } = await rig.blobs.open(await rig.blobOf("key"), {
    order: ["a", "b"],
    range,
    reader: new AbortController(),
  });
  if (Buffer.isBuffer(body)) return { got: body, error: undefined };
  const chunks: Buffer[] = [];
  body.on("data", (chunk: Buffer) => chunks.push(chunk));
  const error = await finished(body).then(
    () => undefined,
    (failure: Error) => failure,
  );
  return { got: Buffer.concat(chunks), error };
}

async function flip(rig: Rig, far: FarStores, store: Store, at: number): Promise<void> {
  const { storageKey } = await rig.blobOf("key");
  far.store(store).corrupt(storageKey, (stored) => {
    stored[at] = (stored[at] ?? 0) ^ 1;
    return stored;
  });
}

const stateOf = async (rig: Rig, store: Store) =>
  (await rig.blobOf("key")).replicas.find(({ backend }) => backend === store)?.state;

describe.each(Object.entries(ways))("a large blob that was written %s", (_, write) => {
  it("is whole when a store gives another last byte, and its copy is marked and mended", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await write(rig);
    await flip(rig, far, "a", bytes.length - 1);
    const { got, error } = await readWhole(rig);
    expect(error).toBeUndefined();
    expect(sha256(got)).toBe(sha256(bytes));
    expect(await stateOf(rig, "a")).toBe("lost");
    await rig.upkeep.runDue();
    expect(await stateOf(rig, "a")).toBe("verified");
    expect(Object.values(far.held((await rig.blobOf("key")).storageKey)).map(sha256)).toEqual([
      sha256(bytes),
      sha256(bytes),
    ]);
  });

  it.each([0, PART])("never ends when a store gives another byte %i, and the next read is right", async (at) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await write(rig);
    await flip(rig, far, "a", at);
    const { got, error } = await readWhole(rig);
    expect(error).toMatchObject({ fault: "corrupt" });
    expect(got.length).toBeLessThan(bytes.length);
    expect(await stateOf(rig, "a")).toBe("lost");
    expect(await stateOf(rig, "b")).toBe("verified");
    expect((await readWhole(rig)).got.equals(bytes)).toBe(true);
  });

  it("never ends when two stores gave it and the first was wrong; only that one's copy is marked", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await write(rig);
    await flip(rig, far, "a", 1000);
    const cut = far.store("a").script({ method: "GET", nth: 1 }, { do: "disconnect", at: { responseBytes: MIB / 2 } });
    const { error } = await readWhole(rig);
    expect(cut.hits).toBe(1);
    expect(error).toMatchObject({ fault: "corrupt" });
    await vi.waitFor(async () => expect(await stateOf(rig, "a")).toBe("lost"));
    expect(await stateOf(rig, "b")).toBe("verified");
  });

  it("is whole when its first store is cut midway, hashed over both", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await write(rig);
    far.store("a").script({ method: "GET", nth: 1 }, { do: "disconnect", at: { responseBytes: MIB / 2 } });
    const { got, error } = await readWhole(rig);
    expect(error).toBeUndefined();
    expect(got.equals(bytes)).toBe(true);
    expect(await stateOf(rig, "a")).toBe("verified");
  });

  it("is read from another store when the first one breaks off, and marked when it breaks off there again", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await write(rig);
    const broken = far.store("a").script({ method: "GET", nth: 1 }, { do: "disconnect", at: { responseBytes: MIB } });
    far.store("a").script({ method: "GET" }, { do: "disconnect", at: { responseBytes: 0 } });
    expect((await readWhole(rig)).got.equals(bytes)).toBe(true);
    expect(broken.hits).toBe(1);
    await vi.waitFor(async () => expect(await stateOf(rig, "a")).toBe("lost"));
    expect(await stateOf(rig, "b")).toBe("verified");
  });

  it("keeps its last good copy when that one's store always breaks off, which does not prove damage", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await write(rig);
    const { id, storageKey } = await rig.blobOf("key");
    await rig.metadata.blobs.setReplica(id, "b", "lost", storageKey);
    const broken = far.store("a").script({ method: "GET" }, { do: "disconnect", at: { responseBytes: MIB } });
    far.store("b").remove(storageKey);
    expect((await readWhole(rig)).error).toMatchObject({ code: "ServiceUnavailable" });
    await vi.waitFor(() => expect(broken.hits).toBeGreaterThan(2));
    broken.remove();
    expect((await readWhole(rig)).got.equals(bytes)).toBe(true);
    expect(await stateOf(rig, "a")).toBe("verified");
  });

  it("keeps the mark of a copy whose store does not answer, which proves nothing about it", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await write(rig);
    const busy = far.store("a").script({ method: "GET" }, { do: "status", status: 503, code: "SlowDown" });
    expect((await readWhole(rig)).got.equals(bytes)).toBe(true);
    expect(busy.hits).toBeGreaterThan(0);
    expect(await stateOf(rig, "a")).toBe("verified");
  });

  it("is read from a copy that was marked lost when no other is left, since it is held against the blob", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await write(rig);
    const { id, storageKey } = await rig.blobOf("key");
    for (const store of ["a", "b"]) await rig.metadata.blobs.setReplica(id, store, "lost", storageKey);
    expect((await readWhole(rig)).got.equals(bytes)).toBe(true);
    await expect(readWhole(rig, { first: 0, last: 9 })).rejects.toMatchObject({ code: "ObjectCorrupt" });
  });
});

it("checks a blob of up to 128 KiB whole, also when a range of it is asked for", async () => {
  const small = randomBytes(128 * 1024);
  await using far = await startFarStores(2);
  await using rig = await openRig({ backends: far.backends });
  await rig.put("key", small);
  await flip(rig, far, "a", 100_000);
  const range = { first: 99_990, last: 100_010 };
  expect((await readWhole(rig, range)).got.equals(small.subarray(99_990, 100_011))).toBe(true);
  expect(await stateOf(rig, "a")).toBe("lost");
});
