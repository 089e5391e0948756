// A store that answers probes and takes the small probe write, but hangs on real bodies, refuses them or fails them: it
// is left alone within seconds, no client notices more than that, and it is used again when it works again.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { type FarStores, startFarStores } from "../support/far-stores.ts";
import type { Fault } from "../support/faulty-s3-script.ts";
import { openRig, type Rig, type RigOptions } from "../support/rig.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const SMALL = 50_000;
const LARGE = 3 * 1024 * 1024;
const BLOBS = /^blobs\//;

/** Three stores, of which "a" is drawn first whenever it may be. */
async function stand(far: FarStores, options: RigOptions = {}) {
  return openRig({ backends: far.backends, probeIntervalMs: 50, stillMs: 200, ...options });
}

const asked = (far: FarStores, method: string) =>
  far.store("a").requests.filter((entry) => entry.method === method && BLOBS.test(entry.key)).length;
const stateOf = (rig: Rig, kind: "reads" | "writes", name = "a") => rig.fleet.get(name)?.[kind].state;
const isOpen = (rig: Rig, kind: "reads" | "writes") =>
  vi.waitFor(() => expect(stateOf(rig, kind)).not.toBe("closed"), { timeout: 5000, interval: 5 });
const isClosed = (rig: Rig, kind: "reads" | "writes") =>
  vi.waitFor(() => expect(stateOf(rig, kind)).toBe("closed"), { timeout: 20_000, interval: 20 });

let number = 0;
/** Stores new bytes and reads them back. */
async function exchange(rig: Rig, size: number): Promise<readonly string[]> {
  const bytes = randomBytes(size);
  const key = `key-${number++}`;
  const content = await rig.put(key, bytes);
  expect(sha256(await rig.get(key, { order: ["b", "c"] }))).toBe(sha256(bytes));
  return content.kind === "fresh" ? content.backends : [];
}

const faults: readonly (readonly [string, Fault, number])[] = [
  ["never answers PUTs", { do: "hang" }, SMALL],
  ["never answers large PUTs", { do: "hang" }, LARGE],
  ["stops reading large PUTs", { do: "stop-reading", after: 100_000 }, LARGE],
  ["answers 503 to PUTs", { do: "status", status: 503, code: "SlowDown" }, SMALL],
  ["answers 403 to large PUTs", { do: "status", status: 403, code: "AccessDenied" }, LARGE],
  ["cuts large PUTs", { do: "disconnect", at: { requestBytes: 200_000 } }, LARGE],
];

describe("a store that", () => {
  it.each(faults)(
    "%s gets no more of them while others take them, and gets them again when it is mended",
    async (_, fault, size) => {
      await using far = await startFarStores(3);
      await using rig = await stand(far);
      expect(await exchange(rig, size)).toContain("a");
      const script = far.store("a").script({ method: "PUT", bodyFrom: size }, fault);
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: 6 }, () => exchange(rig, size)));
      // A write that stands still goes on elsewhere; the store's own time-out is 30 s.
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      await isOpen(rig, "writes");
      const before = asked(far, "PUT");
      for (let n = 0; n < 5; n++) expect([...(await exchange(rig, size))].sort()).toEqual(["b", "c"]);
      expect(asked(far, "PUT")).toBe(before);
      script.remove();
      script.release();
      await isClosed(rig, "writes");
      expect(await exchange(rig, size)).toContain("a");
    },
  );

  it("fails writes is still written to when too few others can be", async () => {
    await using far = await startFarStores(2);
    await using rig = await stand(far);
    const script = far.store("a").script({ method: "PUT", bodyFrom: SMALL }, { do: "status", status: 503 });
    await Promise.allSettled(Array.from({ length: 6 }, () => exchange(rig, SMALL)));
    await isOpen(rig, "writes");
    script.remove();
    expect([...(await exchange(rig, SMALL))].sort()).toEqual(["a", "b"]);
  });

  it.each([
    ["never answers GETs", { do: "hang" }, SMALL],
    ["never answers large GETs", { do: "hang" }, LARGE],
    ["answers 503 to GETs", { do: "status", status: 503, code: "SlowDown" }, SMALL],
    ["hangs after the head of large answers", { do: "hold-body", after: 0 }, LARGE],
    ["hangs amid large answers", { do: "hold-body", after: 2 * 1024 * 1024 }, LARGE],
    ["breaks large GETs off", { do: "disconnect", at: { responseBytes: 100_000 } }, LARGE],
  ] as const)("%s is asked last, and again first when it is mended", async (_, fault, size) => {
    await using far = await startFarStores(2);
    await using rig = await stand(far);
    const bytes = Array.from({ length: 7 }, () => randomBytes(size));
    for (const [n, each] of bytes.entries()) await rig.put(`key-${n}`, each);
    const get = async (n = 0) =>
      expect(sha256(await rig.get(`key-${n}`, { order: ["a", "b"] }))).toBe(sha256(bytes[n] ?? Buffer.alloc(0)));
    const { storageKey } = await rig.blobOf("key-0");
    const reads = () => far.store("a").requests.filter(({ method, key }) => method === "GET" && key === storageKey);
    // Trials read it.
    await get(6);
    const script = far.store("a").script({ method: "GET", key: BLOBS }, fault);
    const startedAt = performance.now();
    await Promise.all(bytes.slice(0, 6).map((_, n) => get(n)));
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    await isOpen(rig, "reads");
    const before = reads().length;
    for (let n = 0; n < 5; n++) await get();
    expect(reads().length).toBe(before);
    await far.store("b").stop();
    await vi.waitFor(() => expect(rig.fleet.get("b")?.up).toBe(false));
    script.remove();
    script.release();
    // It may hold the only copy.
    await get();
    await isClosed(rig, "reads");
  });

  describe.each([
    [1, "gets no more parts of an upload that another store has whole"],
    [2, "gets parts too that would stand on too few stores without it"],
  ])("fails writes, where a write needs %i copies,", (minimumCopies, what) => {
    it(what, async () => {
      await using far = await startFarStores(3);
      await using rig = await stand(far, { minimumCopies });
      const upload = await rig.startUpload("parts");
      const parts = Array.from({ length: 3 }, () => randomBytes(2 * LARGE));
      const send = (number: number) => rig.uploadPart(upload, number, parts[number - 1] ?? Buffer.alloc(0));
      await send(1);
      const script = far.store("a").script({ method: "PUT", bodyFrom: SMALL }, { do: "status", status: 503 });
      await Promise.allSettled(Array.from({ length: 6 }, () => exchange(rig, SMALL)));
      await isOpen(rig, "writes");
      script.remove();
      const before = asked(far, "PUT");
      for (const number of [2, 3]) await send(number);
      const isAsked = minimumCopies > 1;
      expect(asked(far, "PUT") - before).toBe(isAsked ? 2 : 0);
      const listed = await rig.metadata.uploads.parts(upload.uploadId, { after: 0, limit: 10 });
      expect(listed.map(({ backends }) => backends.includes("a"))).toEqual([true, isAsked, isAsked]);
      await isClosed(rig, "writes");
      await rig.completeUpload(upload);
      expect(sha256(await rig.get("parts"))).toBe(sha256(Buffer.concat(parts)));
      expect((await rig.blobOf("parts")).replicas.map(({ backend }) => backend).sort()).toEqual(["a", "b"]);
    });
  });

  it.each([
    ["never answers", { do: "hang" }],
    ["stops reading", { do: "stop-reading", after: 100_000 }],
  ] as const)("%s parts is left by a part that another store of the upload takes", async (_, fault) => {
    await using far = await startFarStores(2);
    await using rig = await stand(far);
    const upload = await rig.startUpload("parts");
    const parts = [1, 2].map(() => randomBytes(2 * LARGE));
    await rig.uploadPart(upload, 1, parts[0] ?? Buffer.alloc(0));
    const script = far.store("a").script({ method: "PUT", query: "partNumber" }, fault);
    const startedAt = performance.now();
    // One store alone cannot vouch for a part whose md5 was not computed here: then the client sends it again.
    await rig
      .uploadPart(upload, 2, parts[1] ?? Buffer.alloc(0))
      .catch(() => rig.uploadPart(upload, 2, parts[1] ?? Buffer.alloc(0)));
    // The store's own time-out is 30 s.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    script.remove();
    script.release();
    await rig.completeUpload(upload);
    expect(sha256(await rig.get("parts"))).toBe(sha256(Buffer.concat(parts)));
  });

  it("fails, as all others do, refuses nothing once it could work", async () => {
    await using far = await startFarStores(3);
    await using rig = await stand(far);
    const bytes = Array.from({ length: 6 }, () => randomBytes(SMALL));
    for (const [n, each] of bytes.entries()) await rig.put(`key-${n}`, each);
    const get = async (n: number) => expect((await rig.get(`key-${n}`)).equals(bytes[n] ?? Buffer.alloc(0))).toBe(true);
    const names = ["a", "b", "c"];
    const unavailable = { do: "status", status: 503 } as const;
    // Trials of writes go on failing.
    for (const name of names)
      far.store(name).script({ method: "PUT", key: "nearbucket-probe", bodyFrom: SMALL }, unavailable);
    const scripts = names.flatMap((name) => [
      far.store(name).script({ method: "PUT", bodyFrom: SMALL }, unavailable),
      far.store(name).script({ method: "GET", key: BLOBS }, unavailable),
    ]);
    const failed = await Promise.allSettled([
      ...bytes.map((_, n) => get(n)),
      ...bytes.map(() => rig.put("new", randomBytes(SMALL))),
    ]);
    expect(failed.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => "rejected"));
    for (const script of scripts) script.remove();
    const areOpen = () => names.map((name) => stateOf(rig, "writes", name)).every((state) => state !== "closed");
    expect(names.some((name) => stateOf(rig, "reads", name) !== "closed")).toBe(true);
    for (const n of bytes.keys()) await get(n);
    expect(areOpen()).toBe(true);
    expect((await exchange(rig, SMALL)).length).toBe(2);
    expect((await exchange(rig, LARGE)).length).toBe(2);
    const upload = await rig.startUpload("parts");
    await rig.uploadPart(upload, 1, randomBytes(LARGE));
    await rig.completeUpload(upload);
    expect((await rig.blobOf("parts")).replicas.length).toBe(2);
    expect(areOpen()).toBe(true);
  });

  it("fails four times is not left out", async () => {
    await using far = await startFarStores(3);
    await using rig = await stand(far);
    const script = far.store("a").script({ method: "PUT", bodyFrom: SMALL }, { do: "status", status: 503 });
    for (let n = 0; n < 4; n++) await exchange(rig, SMALL);
    expect([script.hits, stateOf(rig, "writes")]).toEqual([4, "closed"]);
    script.remove();
    expect(await exchange(rig, SMALL)).toContain("a");
  });
});
