// A read returns exactly the stored bytes or fails, whatever happens to the backend that it reads from.
// Shows I8 of docs/durability.md.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { S3Error } from "../../src/errors.ts";
import { type FarStores, startFarStores } from "../support/far-stores.ts";
import type { Fault } from "../support/faulty-s3-script.ts";
import { openRig, type Rig, readAll } from "../support/rig.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const reader = new AbortController();
const bodies = [
  ["small", randomBytes(20_000)],
  ["large", randomBytes(3 * 1024 * 1024)],
] as const;

/** What is wrong, and what it says about the replica: the last one is kept when it is only suspect. */
const faults: readonly (readonly [string, Fault, "nothing" | "suspect" | "lost"])[] = [
  ["answers 500", { do: "status", status: 500 }, "nothing"],
  ["answers 404", { do: "status", status: 404, code: "NoSuchKey" }, "lost"],
  ["cuts the connection at the head", { do: "disconnect", at: "head" }, "nothing"],
  ["always breaks off before the first byte", { do: "disconnect", at: { responseBytes: 0 } }, "suspect"],
  ["always breaks off in the middle", { do: "disconnect", at: { responseBytes: 10_000 } }, "suspect"],
  [
    "says another length",
    { do: "answer", make: (honest) => ({ ...honest, headers: { ...honest.headers, "content-length": "10000" } }) },
    "lost",
  ],
  [
    "sends a shorter body",
    { do: "answer", make: (honest) => ({ ...honest, headers: {}, body: honest.body.subarray(1) }) },
    "lost",
  ],
  [
    "has another object there",
    {
      do: "answer",
      make: (honest) => ({ ...honest, headers: { ...honest.headers, etag: '"0123456789abcdef0123456789abcdef"' } }),
    },
    "lost",
  ],
];

async function eachStands(far: FarStores, rig: Rig, bytes: Buffer): Promise<string> {
  const content = await rig.put("key", bytes);
  const name = content.kind === "fresh" ? content.storageKey : "";
  expect(Object.keys(far.held(name))).toEqual(["a", "b"]);
  return name;
}

describe.each(bodies)("a %s read from a store that", (_, bytes) => {
  it.each(faults)("%s continues from the other, unnoticed", async (_fault, fault, evidence) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await eachStands(far, rig, bytes);
    const script = far.store("a").script({ method: "GET", key: /^blobs\// }, fault);
    expect(sha256(await rig.get("key", { order: ["a", "b"] }))).toBe(sha256(bytes));
    const range = { first: 100, last: bytes.length - 100 };
    expect(sha256(await rig.get("key", { order: ["a", "b"], range }))).toBe(sha256(bytes.subarray(100, -99)));
    expect(script.hits).toBeGreaterThan(0);
    await vi.waitFor(async () => {
      const replica = (await rig.blobOf("key")).replicas.find(({ backend }) => backend === "a");
      expect(replica?.state).toBe(evidence === "nothing" ? "verified" : "lost");
    });
    script.remove();
    await rig.fleet.probeNow();
    await rig.upkeep.runDue();
    expect((await rig.blobOf("key")).replicas.map(({ state }) => state)).toEqual(["verified", "verified"]);
  });

  it.each(faults)("%s fails loudly when the other does the same", async (_fault, fault, evidence) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await eachStands(far, rig, bytes);
    for (const store of far.stores) store.script({ method: "GET", key: /^blobs\// }, fault);
    const outcome = await rig.get("key", { order: ["a", "b"] }).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(S3Error);
    expect(outcome).toMatchObject(
      evidence === "lost"
        ? { code: "ObjectCorrupt", status: 500 }
        : { code: "ServiceUnavailable", headers: { "Retry-After": "2" } },
    );
  });
});

describe("a read", () => {
  it("resumes at the right byte, wherever the store fails", async () => {
    const bytes = bodies[1][1];
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await eachStands(far, rig, bytes);
    for (const responseBytes of [1, 65_535, 65_536, 65_537, 1_000_000, bytes.length - 1]) {
      const script = far
        .store("a")
        .script({ method: "GET", key: /^blobs\//, nth: 1 }, { do: "disconnect", at: { responseBytes } });
      expect(sha256(await rig.get("key", { order: ["a", "b"] }))).toBe(sha256(bytes));
      script.remove();
      await rig.fleet.probeNow();
      const resumed = far
        .store("b")
        .requests.filter(({ method, headers }) => method === "GET" && headers["range"] !== undefined);
      expect(resumed.length).toBeGreaterThan(0);
    }
  });

  it("before its first byte answers 503, after it breaks the stream", async () => {
    const bytes = bodies[1][1];
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    await eachStands(far, rig, bytes);
    const blob = await rig.blobOf("key");
    const open = () => rig.blobs.open(blob, { order: ["a", "b"], reader });
    const cut = far.stores.map((store) =>
      store.script({ method: "GET", key: /^blobs\// }, { do: "disconnect", at: { responseBytes: 500_000 } }),
    );
    const { body } = await open();
    await expect(readAll(body)).rejects.toMatchObject({ code: "ServiceUnavailable" });
    for (const script of cut) script.remove();
    await rig.fleet.probeNow();
    for (const store of far.stores)
      store.script({ method: "GET", key: /^blobs\// }, { do: "disconnect", at: { responseBytes: 0 } });
    await expect(open()).rejects.toMatchObject({ code: "ServiceUnavailable" });
  });

  it("detects a small blob whose bytes changed under the same ETag", async () => {
    const [, bytes] = bodies[0];
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const name = await eachStands(far, rig, bytes);
    far.store("a").corrupt(name, (kept) => Buffer.concat([Buffer.from([(kept[0] ?? 0) ^ 1]), kept.subarray(1)]));
    expect(sha256(await rig.get("key", { order: ["a", "b"] }))).toBe(sha256(bytes));
    await rig.upkeep.runDue();
    expect(sha256(far.held(name)["a"] ?? Buffer.alloc(0))).toBe(sha256(bytes));
  });

  it("continues from a replica that was made while it ran", async () => {
    const bytes = bodies[1][1];
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends });
    const name = await eachStands(far, rig, bytes);
    const stale = await rig.blobOf("key");
    far.store("a").remove(name);
    await rig.blobs.open(stale, { order: ["a"], range: { first: 0, last: 9 }, reader });
    await far.store("a").stop();
    await rig.fleet.probeNow();
    await rig.upkeep.runDue();
    expect(Object.keys(far.held(name))).toEqual(["b", "c"]);
    far.store("b").remove(name);
    const { body, backend } = await rig.blobs.open(stale, { order: ["a", "b"], reader });
    expect(backend).toBe("c");
    expect(sha256(await readAll(body))).toBe(sha256(bytes));
  });
});
