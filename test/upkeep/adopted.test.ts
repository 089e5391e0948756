// An adopted object is read once for its copy and its digest together. One whose ETag is not made of its bytes is no
// loss: it stays readable, and is stored anew under an ETag that is, while its clients see the one they know.
import { createHash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { adoptedKey } from "../../src/backends/adopted-key.ts";
import { openBackend } from "../../src/backends/kinds.ts";
import { multipartEtag } from "../../src/checksums/multipart-etag.ts";
import { S3Error } from "../../src/errors.ts";
import { takeOver } from "../support/content.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import { md5 } from "../support/faulty-s3-store.ts";
import { bytesOf, openRigOver, statesOf } from "../support/rig.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const opaque = () => randomBytes(16).toString("hex");

/** "a" adopts what stands in its bucket; "b" is an ordinary backend. */
async function openAdopting(options: { readonly cacheBytes?: number } = {}) {
  const [a, b] = [await startFaultyS3(), await startFaultyS3()];
  const config = { kind: "s3", bucket: "blobs", accessKeyId: "key", secretAccessKey: "secret" } as const;
  const more = { ...config, replayedHeaders: "auto" } as const;
  const backends = [
    await openBackend({ ...more, name: "a", region: "x", endpoint: a.endpoint, prefix: "own/", adopts: true }),
    await openBackend({ ...more, name: "b", region: "y", endpoint: b.endpoint }),
  ];
  const close = async () => {
    for (const store of [a, b]) await store[Symbol.asyncDispose]();
  };
  const over = await openRigOver({ backends, [Symbol.asyncDispose]: close }, options);
  const { rig } = over;
  await takeOver(rig.metadata, rig.bucket.id);
  const adopt = async (key: string, bytes: Buffer, etag: string, partSizes?: readonly number[]) => {
    a.objects.set(key, { bytes, etag, modifiedAt: new Date() });
    const storageKey = adoptedKey("a", key) ?? "";
    const [outcome] = await rig.metadata.adoptions.adopt([
      {
        ...{ bucketId: rig.bucket.id, key, etag, modifiedAt: new Date(), condition: {}, checksum: undefined },
        attributes: { metadata: {}, adoptedAs: storageKey },
        parts: partSizes?.map((size, index) => ({ partNumber: index + 1, size })),
        content: {
          ...({ kind: "fresh", storageKey, size: bytes.length, etag, digest: undefined, partSizes } as const),
          ...{ backends: ["a"], touched: [], good: 1, copies: 2, replaces: undefined, scope: rig.scope },
        },
      },
    ]);
    return outcome;
  };
  const reads = (key: string) => a.requests.filter((one) => one.method === "GET" && one.key === key).length;
  const objectOf = async (key: string) => (await rig.metadata.objects.find("bucket", key)).found?.object;
  return { ...over, a, b, adopt, reads, objectOf };
}

const BOTH = { a: "verified", b: "verified" };

describe("an adopted object", () => {
  it("is read once for its copy and its digest", async () => {
    await using s = await openAdopting();
    const [whole, first, second] = [randomBytes(1000), randomBytes(5 * 1024 ** 2), randomBytes(1000)];
    const inParts = Buffer.concat([first, second]);
    await s.adopt("whole", whole, md5(whole));
    await s.adopt("parts", inParts, multipartEtag([md5(first), md5(second)]), [first.length, second.length]);
    await s.rig.upkeep.runDue();
    for (const [key, bytes] of Object.entries({ whole, parts: inParts })) {
      expect(await statesOf(s.rig, key)).toEqual(BOTH);
      expect((await s.rig.blobOf(key)).digest).toBe(sha256(bytes));
    }
    expect([s.reads("whole"), s.reads("parts")]).toEqual([1, 2]);
  });

  it("gets its digest also while no copy of it can be made", async () => {
    await using s = await openAdopting();
    const bytes = randomBytes(1000);
    await s.b.stop();
    await s.rig.fleet.probeNow();
    await s.adopt("key", bytes, md5(bytes));
    await s.rig.upkeep.runDue();
    expect(await statesOf(s.rig, "key")).toEqual({ a: "verified" });
    expect((await s.rig.blobOf("key")).digest).toBe(sha256(bytes));
  });

  it("is copied although the merge that its digest asks for has to wait", async () => {
    await using s = await openAdopting();
    const bytes = randomBytes(1000);
    await s.rig.put("equal", bytes);
    const unread = s.b.script(
      { method: "GET", key: /^(blobs|adopted)\// },
      { do: "answer", make: (honest) => (honest.status === 200 ? { ...honest, status: 500 } : honest) },
    );
    await s.adopt("key", bytes, md5(bytes));
    await s.rig.upkeep.runDue();
    expect(await statesOf(s.rig, "key")).toEqual(BOTH);
    expect((await s.rig.metadata.failingJobs(10)).map(({ kind }) => kind)).toEqual(["digest"]);
    unread.remove();
    s.rig.clock.advance(10 * MINUTE);
    await s.rig.upkeep.runDue();
    expect((await s.rig.blobOf("key")).id).toBe((await s.rig.blobOf("equal")).id);
  });
});

describe("an adopted object whose ETag is not made of its bytes", () => {
  it.each([
    ["small", 1000, undefined],
    ["large", 200_000, undefined],
    ["in parts", 200_000, [150_000, 50_000]],
  ] as const)("is read, stored anew, and keeps its ETag: %s", async (_, size, partSizes) => {
    await using s = await openAdopting();
    const bytes = randomBytes(size);
    const etag = partSizes ? `${opaque()}-2` : opaque();
    await s.adopt("key", bytes, etag, partSizes);
    const adopted = await s.rig.blobOf("key");
    const isServed = async () => {
      expect(sha256(await s.rig.get("key"))).toBe(sha256(bytes));
      expect(await s.rig.get("key", { range: { first: 5, last: 9 } })).toEqual(bytes.subarray(5, 10));
      expect(await s.objectOf("key")).toMatchObject({ etag, size, ...(partSizes && { parts: [{}, {}] }) });
    };
    await isServed();
    expect(await statesOf(s.rig, "key")).toEqual({ a: "verified" });
    for (let pass = 0; pass < 3; pass++) {
      await s.rig.upkeep.runDue();
      expect(Object.values(await statesOf(s.rig, "key"))).not.toContain("lost");
      s.rig.clock.advance(MINUTE);
    }
    const blob = await s.rig.blobOf("key");
    expect(blob).toMatchObject({ id: adopted.id, etag: md5(bytes), digest: sha256(bytes), partSizes: undefined });
    expect(blob.storageKey).toMatch(/^blobs\//);
    expect(await statesOf(s.rig, "key")).toEqual(BOTH);
    expect(s.a.objects.get(`own/${blob.storageKey}`)?.bytes.equals(bytes)).toBe(true);
    expect(s.b.objects.get(blob.storageKey)?.bytes.equals(bytes)).toBe(true);
    await isServed();
    // Redirected clients may still read it where it was; then it goes the way of all that is not needed.
    expect(s.a.objects.has("key")).toBe(true);
    s.rig.clock.advance(DAY);
    await s.rig.upkeep.runDue();
    expect(s.a.objects.has("key")).toBe(false);
    await isServed();
    expect(await s.rig.metadata.failingJobs(10)).toEqual([]);
  });

  it("is read anew each time, since nothing proves what was read before", async () => {
    await using s = await openAdopting({ cacheBytes: 1024 ** 2 });
    await s.adopt("key", randomBytes(1000), opaque());
    for (let read = 1; read <= 4; read++) {
      await s.rig.get("key");
      expect(s.reads("key")).toBe(read);
    }
  });

  it("is stored anew once where two gateways do so in the same moment", async () => {
    await using s = await openAdopting();
    const bytes = randomBytes(1000);
    await s.adopt("key", bytes, opaque());
    const blob = await s.rig.blobOf("key");
    const { content } = await s.rig.blobs.put(bytesOf(bytes), { scope: undefined });
    if (content.kind !== "fresh") throw new Error("the bytes were known");
    const mine = s.rig.metadata.blobs.storeAnew.bind(s.rig.metadata.blobs);
    // The other one is quicker.
    s.rig.metadata.blobs.storeAnew = async (...given) => {
      s.rig.metadata.blobs.storeAnew = mine;
      expect(await mine(blob, content)).toBe(true);
      return mine(...given);
    };
    for (let pass = 0; pass < 3; pass++) {
      await s.rig.upkeep.runDue();
      s.rig.clock.advance(MINUTE);
    }
    expect(await s.rig.blobOf("key")).toMatchObject({ storageKey: content.storageKey, digest: sha256(bytes) });
    const blobs = (await s.rig.standing())["b"]?.filter((name) => name.startsWith("blobs/"));
    expect(blobs).toEqual([content.storageKey]);
    expect(await s.rig.get("key")).toEqual(bytes);
  });

  it("leaves no bytes behind where the database does not take what was stored", async () => {
    await using s = await openAdopting();
    const bytes = randomBytes(1000);
    await s.adopt("key", bytes, opaque());
    const { blobs } = s.rig.metadata;
    const mine = blobs.storeAnew.bind(blobs);
    let stored: readonly string[] = [];
    blobs.storeAnew = async (_blob, { storageKey }) => {
      blobs.storeAnew = mine;
      stored = [s.a.objects.has(`own/${storageKey}`), s.b.objects.has(storageKey)].map(String);
      throw new S3Error("ServiceUnavailable");
    };
    await s.rig.upkeep.runDue();
    expect(stored).toEqual(["true", "true"]);
    expect(Object.values(await s.rig.standing()).flat()).toEqual([]);
    s.rig.clock.advance(10 * MINUTE);
    await s.rig.upkeep.runDue();
    expect(await s.rig.blobOf("key")).toMatchObject({ etag: md5(bytes), digest: sha256(bytes) });
  });

  it("is not lost, and named, while two reads of it differ; and is read all the same", async () => {
    await using s = await openAdopting();
    const bytes = randomBytes(1000);
    await s.adopt("key", bytes, opaque());
    let reads = 0;
    const changing = s.a.script(
      { method: "GET", key: "key" },
      { do: "answer", make: (honest) => ({ ...honest, body: Buffer.from(honest.body).fill(++reads, 0, 1) }) },
    );
    await s.rig.upkeep.runDue();
    expect(await statesOf(s.rig, "key")).toMatchObject({ a: "verified" });
    const reasons = (await s.rig.metadata.failingJobs(10)).map(({ kind, reason }) => `${kind}: ${reason}`);
    expect(reasons).toContainEqual("digest: a: corrupt: two reads of it differ");
    expect((await s.rig.get("key")).subarray(1)).toEqual(bytes.subarray(1));
    expect((await s.rig.blobOf("key")).digest).toBeUndefined();
    changing.remove();
    s.rig.clock.advance(MINUTE);
    await s.rig.upkeep.runDue();
    expect((await s.rig.blobOf("key")).digest).toBe(sha256(bytes));
  });

  it("becomes one with equal bytes that were written since", async () => {
    await using s = await openAdopting();
    const bytes = randomBytes(1000);
    const etag = opaque();
    await s.adopt("key", bytes, etag);
    await s.rig.put("equal", bytes);
    await s.rig.upkeep.runDue();
    s.rig.clock.advance(MINUTE);
    await s.rig.upkeep.runDue();
    expect((await s.rig.blobOf("key")).id).toBe((await s.rig.blobOf("equal")).id);
    expect(await s.objectOf("key")).toMatchObject({ etag });
    expect(await s.objectOf("equal")).toMatchObject({ etag: md5(bytes) });
    s.rig.clock.advance(2 * DAY);
    await s.rig.upkeep.runDue();
    expect([...s.a.objects.keys()].filter((key) => key === "key")).toEqual([]);
    expect(await s.rig.get("key")).toEqual(bytes);
  });

  it("is not deleted where it was when a client has put another object there", async () => {
    await using s = await openAdopting();
    await s.adopt("key", randomBytes(1000), opaque());
    await s.rig.upkeep.runDue();
    s.a.keep("key", Buffer.from("a client's own"));
    s.rig.clock.advance(DAY);
    await s.rig.upkeep.runDue();
    expect(s.a.objects.get("key")?.bytes.toString()).toBe("a client's own");
    expect(await s.rig.metadata.failingJobs(10)).toEqual([]);
  });

  it("is not adopted once more after it was deleted, as long as it stands there", async () => {
    await using s = await openAdopting();
    const [bytes, etag] = [randomBytes(1000), opaque()];
    await s.adopt("key", bytes, etag);
    await s.rig.upkeep.runDue();
    await s.rig.metadata.objects.delete(s.rig.bucket.id, "key");
    expect(await s.adopt("key", bytes, etag)).toBe("known");
    expect(await s.rig.metadata.adoptions.obstacle(s.rig.bucket.id, "key", adoptedKey("a", "key") ?? "")).toBe("known");
  });
});

it("an adopted object that has a copy elsewhere is lost when its bytes change under its ETag", async () => {
  await using s = await openAdopting();
  const bytes = randomBytes(1000);
  await s.adopt("key", bytes, md5(bytes));
  // A copy whose digest was not recorded yet.
  const blob = await s.rig.blobOf("key");
  s.b.keep(blob.storageKey, bytes);
  await s.rig.metadata.blobs.setReplica(blob.id, "b", "verified");
  s.a.corrupt("key", (kept) => kept.fill(0, 0, 1));
  expect(await s.rig.get("key", { order: ["a"] })).toEqual(bytes);
  expect(await statesOf(s.rig, "key")).toEqual({ a: "lost", b: "verified" });
});
