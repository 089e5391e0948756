import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { checksumOf } from "../../src/checksums/digest.ts";
import { S3Error } from "../../src/errors.ts";
import type { Content } from "../../src/metadata/stored-content.ts";
import { startFarStores } from "../support/far-stores.ts";
import { bytesOf, openRig, readAll } from "../support/rig.ts";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const small = randomBytes(4_096);
const large = randomBytes(3 * 1024 * 1024);
const signal = new AbortController().signal;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof S3Error ? error.code : error),
  );

describe("a write", () => {
  it.each([
    ["of nothing", Buffer.alloc(0)],
    ["that is small", small],
    ["that is large", large],
  ])("%s stands on two backends in two regions, and reads back", async (_, bytes) => {
    await using rig = await openRig();
    const content = await rig.put("key", bytes);
    expect(content).toMatchObject({
      kind: "fresh",
      size: bytes.length,
      etag: md5(bytes),
      digest: sha256(bytes),
      copies: 2,
      replaces: undefined,
    });
    const standing = await rig.standing();
    expect(Object.values(standing).flat()).toHaveLength(2);
    const holders = Object.keys(standing).filter((name) => standing[name]?.length === 1);
    expect(content.kind === "fresh" && [...content.backends].sort()).toEqual(holders);
    expect(bytes.equals(await rig.get("key"))).toBe(true);
  });

  it.each([
    ["small", small],
    ["large", large],
  ])("of %s content that is known adds nothing", async (_, bytes) => {
    await using rig = await openRig();
    const first = await rig.put("one", bytes);
    const second = await rig.put("two", bytes);
    expect(second).toMatchObject({ kind: "known", size: bytes.length, etag: md5(bytes) });
    await rig.upkeep.runDue();
    const names = Object.values(await rig.standing()).flat();
    expect(names).toHaveLength(2);
    expect(new Set(names)).toEqual(new Set([first.kind === "fresh" && first.storageKey]));
  });

  it("says nothing about how quick reads are", async () => {
    await using rig = await openRig({ probeIntervalMs: 3_600_000 });
    const latencies = () => rig.fleet.members().map(({ latencyMs }) => latencyMs);
    const before = latencies();
    await rig.put("key", small);
    expect(latencies()).toEqual(before);
    await rig.get("key");
    expect(latencies()).not.toEqual(before);
  });

  it("transfers no known bytes when the client signed their digest", async () => {
    await using rig = await openRig();
    await rig.put("one", large);
    expect(await rig.put("two", large, { bytes: { claims: { sha256: sha256(large) } } })).toMatchObject({
      kind: "known",
    });
    expect(await rig.metadata.jobs.backlog()).not.toContainEqual(expect.objectContaining({ kind: "drop" }));
  });

  it("keeps scopes apart and shares nothing without one", async () => {
    await using rig = await openRig();
    await rig.put("one", small, { scope: "account:1" });
    expect((await rig.put("two", small, { scope: "account:2" })).kind).toBe("fresh");
    expect((await rig.put("three", small, { scope: undefined })).kind).toBe("fresh");
    expect((await rig.put("four", small, { scope: "account:1" })).kind).toBe("known");
  });

  it.each([
    ["small", small],
    ["large", large],
  ])("gives the checksum that was asked for, %s", async (_, bytes) => {
    await using rig = await openRig();
    for (const algorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
      const { checksum } = await rig.blobs.put(
        bytesOf(bytes, { claims: { checksum: { algorithm, value: undefined } } }),
        { scope: undefined },
      );
      expect(checksum).toBe(await checksumOf(bytes, algorithm));
    }
  });

  it.each([
    ["small", small],
    ["large", large],
  ])("whose claims do not hold is refused and leaves nothing, %s", async (_, bytes) => {
    await using rig = await openRig();
    const refused = (claims: Parameters<typeof bytesOf>[1]) =>
      codeOf(rig.blobs.put(bytesOf(bytes, claims), { scope: rig.scope }));
    const checksum = (value: string | undefined) => ({ checksum: { algorithm: "CRC32", value: () => value } }) as const;
    expect(await refused({ claims: { sha256: "0".repeat(64) } })).toBe("XAmzContentSHA256Mismatch");
    expect(await refused({ claims: { md5: "0".repeat(32) } })).toBe("BadDigest");
    expect(await refused({ claims: checksum("AAAAAA==") })).toBe("BadDigest");
    expect(await refused({ claims: checksum(undefined) })).toBe("MalformedTrailerError");
    expect(await refused({ size: bytes.length + 1 })).toBe("IncompleteBody");
    expect(await refused({ size: bytes.length - 1 })).toBe("IncompleteBody");
    expect(await refused({ open: () => Readable.from([]) })).toBe("IncompleteBody");
    expect(Object.values(await rig.standing()).flat()).toEqual([]);
    await rig.upkeep.runDue();
    expect(Object.values(await rig.standing()).flat()).toEqual([]);
    expect(
      await codeOf(
        rig.blobs.put(bytesOf(bytes, { claims: { md5: md5(bytes), sha256: sha256(bytes) } }), { scope: rig.scope }),
      ),
    ).toBe("no error");
  });

  it("words a wrong checksum as AWS does", async () => {
    await using rig = await openRig();
    const claims = { checksum: { algorithm: "CRC64NVME", value: () => "AAAAAAAAAAA=" } } as const;
    await expect(rig.blobs.put(bytesOf(small, { claims }), { scope: undefined })).rejects.toThrow(
      "The CRC64NVME you specified did not match the calculated checksum.",
    );
  });

  it("passes on the body's own error", async () => {
    await using rig = await openRig();
    const open = () =>
      new Readable({
        read() {
          this.destroy(new S3Error("SignatureDoesNotMatch"));
        },
      });
    expect(await codeOf(rig.blobs.put(bytesOf(small, { open }), { scope: undefined }))).toBe("SignatureDoesNotMatch");
  });

  it("that gets no object can be discarded", async () => {
    await using rig = await openRig();
    const { content } = await rig.blobs.put(bytesOf(small), { scope: rig.scope });
    await rig.blobs.discard(content);
    await rig.upkeep.runDue();
    expect(Object.values(await rig.standing()).flat()).toEqual([]);
  });

  it("asks for no byte when too few backends are configured", async () => {
    await using rig = await openRig({ copies: 4 });
    let opened = false;
    const open = () => {
      opened = true;
      return Readable.from([small]);
    };
    const failure = await rig.blobs
      .put(bytesOf(small, { open }), { scope: undefined })
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(S3Error);
    expect(failure).toMatchObject({
      code: "ServiceUnavailable",
      headers: { "Retry-After": expect.stringMatching(/^\d+$/) },
    });
    expect(opened).toBe(false);
  });
});

describe("where two copies may stand", () => {
  const placements = (...regions: string[]) =>
    regions.map((region, index) => new MemoryBackend({ name: `store-${index}`, region }));

  it.each([
    ["two stores of the only region", placements("x", "x"), 2, "no error"],
    ["two stores in two regions", placements("x", "y"), 2, "no error"],
    ["one store, when one copy is all that is wanted", placements("x"), 1, "no error"],
    ["one store", placements("x"), 2, "ServiceUnavailable"],
  ] as const)("%s", async (_, backends, copies, expected) => {
    await using rig = await openRig({ backends, copies });
    for (const bytes of [small, large])
      expect(await codeOf(rig.blobs.put(bytesOf(bytes), { scope: undefined }))).toBe(expected);
  });

  it("is not two stores of one region while another region is only down", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: [...far.backends, new MemoryBackend({ name: "d", region: "x" })] });
    await far.store("b").stop();
    await rig.fleet.probeNow();
    for (const bytes of [small, large])
      expect(await codeOf(rig.blobs.put(bytesOf(bytes), { scope: undefined }))).toBe("ServiceUnavailable");
  });
});

describe("a large write whose signed digest is known", () => {
  it("is asked for again when the known blob goes while it arrives", async () => {
    await using rig = await openRig();
    await rig.put("key", large);
    async function* arrive() {
      await rig.metadata.objects.delete(rig.bucket.id, "key");
      rig.clock.advance(2 * 86_400_000);
      await rig.metadata.blobs.takeReclaimable(1);
      yield large;
    }
    const bytes = bytesOf(large, { open: () => Readable.from(arrive()), claims: { sha256: sha256(large) } });
    expect(await codeOf(rig.blobs.put(bytes, { scope: rig.scope }))).toBe("SlowDown");
  });
});

describe("a claim", () => {
  const claim = async (bytes: Buffer, change: { size?: number; digest?: string; accountId?: number } = {}) => {
    await using rig = await openRig();
    const content = await rig.put("key", small);
    const { digest = sha256(bytes), size = bytes.length, accountId = rig.bucket.owner.id } = change;
    return {
      claimed: await rig.blobs.claim({ scope: rig.scope }, digest, size, { accountId, places: undefined }),
      content,
    };
  };

  it("finds what the account can read", async () => {
    const { claimed } = await claim(small);
    expect(claimed).toMatchObject({ kind: "known", size: small.length, etag: md5(small) });
  });

  it.each([
    ["another digest", large, {}],
    ["another size", small, { size: 1 }],
    ["an account that can read no name of it", small, { accountId: 999 }],
  ])("is denied to %s", async (_, bytes, change) => {
    expect((await claim(bytes, change)).claimed).toBeUndefined();
  });

  it("is denied when too few replicas are good", async () => {
    await using rig = await openRig({ verifiedForMs: 0 });
    const content = await rig.put("key", small);
    const [holder = ""] = content.kind === "fresh" ? content.backends : [];
    const reader = { accountId: rig.bucket.owner.id, places: undefined };
    await rig.backend(holder).delete(content.kind === "fresh" ? content.storageKey : "");
    expect(await rig.blobs.claim({ scope: rig.scope }, sha256(small), small.length, reader)).toBeUndefined();
  });
});

describe("a read", () => {
  it("gives ranges of small and large blobs", async () => {
    await using rig = await openRig();
    await rig.put("small", small);
    await rig.put("large", large);
    expect(await rig.get("small", { range: { first: 10, last: 19 } })).toEqual(small.subarray(10, 20));
    expect(large.subarray(5, -5).equals(await rig.get("large", { range: { first: 5, last: large.length - 6 } }))).toBe(
      true,
    );
    expect(await rig.get("large", { range: { first: large.length - 1, last: large.length - 1 } })).toEqual(
      large.subarray(-1),
    );
  });

  it("starts with the closest backend that holds it", async () => {
    await using rig = await openRig();
    const content: Content = await rig.put("key", large);
    const blob = await rig.blobOf("key");
    for (const name of content.kind === "fresh" ? content.backends : []) {
      const { body, backend } = await rig.blobs.open(blob, { order: ["nowhere", name], reader: { signal } });
      expect(backend).toBe(name);
      expect(large.equals(await readAll(body))).toBe(true);
    }
  });

  it("ends when its reader does", async () => {
    await using rig = await openRig();
    await rig.put("key", large);
    const reader = new AbortController();
    const { body } = await rig.blobs.open(await rig.blobOf("key"), { order: [], reader });
    const read = readAll(body);
    reader.abort(new Error("gone"));
    await expect(read).rejects.toThrow("gone");
  });
});
