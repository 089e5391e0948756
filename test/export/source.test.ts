// A replica's last bytes come only when all of them are the blob: by its sha256, or by the md5s of its parts.
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { multipartEtag } from "../../src/checksums/multipart-etag.ts";
import { openSource, SourceFailure } from "../../src/export/source.ts";
import type { Blob, ByteRange } from "../../src/model.ts";

const md5 = (bytes: Buffer) => createHash("md5").update(bytes).digest("hex");
const bytes = randomBytes(100_000);
const parts = [bytes.subarray(0, 60_000), bytes.subarray(60_000)];
const common = { id: 1, storageKey: "key", size: bytes.length, replicas: [] };
const whole: Blob = {
  ...common,
  etag: md5(bytes),
  digest: createHash("sha256").update(bytes).digest("hex"),
  partSizes: undefined,
};
const inParts: Blob = {
  ...common,
  etag: multipartEtag(parts.map(md5)),
  digest: undefined,
  partSizes: parts.map(({ length }) => length),
};

/** A store that says it holds the blob, and gives these bytes, a few at a time. */
function openOver(blob: Blob, stored: Buffer) {
  const { size, etag } = blob;
  const open = async (_: string, range?: ByteRange) => {
    const asked = range === undefined ? stored : stored.subarray(range.first, range.last + 1);
    const chunks = Array.from({ length: Math.ceil(asked.length / 9000) }, (_, n) =>
      asked.subarray(n * 9000, n * 9000 + 9000),
    );
    return { body: Readable.from(chunks), size, etag };
  };
  let counted = 0;
  const onBytes = (count: number) => {
    counted += count;
  };
  const source = openSource(blob, { name: "store", open }, { signal: new AbortController().signal, onBytes });
  return { source, counted: () => counted };
}

async function take(into: Buffer[], from: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of from) into.push(chunk);
}

describe.each([
  ["by its digest", whole],
  ["by its parts", inParts],
])("a source checked %s", (_, blob) => {
  it("gives all bytes of a good replica, whole or in ranges", async () => {
    const taken: Buffer[] = [];
    const { source, counted } = openOver(blob, bytes);
    await take(taken, source.read());
    expect(Buffer.concat(taken).equals(bytes)).toBe(true);
    expect(counted()).toBe(bytes.length);
    const pieces: Buffer[] = [];
    const another = openOver(blob, bytes).source;
    await take(pieces, another.read({ first: 0, last: 59_999 }));
    await take(pieces, another.read({ first: 60_000, last: bytes.length - 1 }));
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it("keeps back the last bytes of a replica that is another", async () => {
    for (const at of [0, 50_000, bytes.length - 1]) {
      const wrong = Buffer.from(bytes);
      wrong[at] = (wrong[at] ?? 0) ^ 1;
      const taken: Buffer[] = [];
      await expect(take(taken, openOver(blob, wrong).source.read())).rejects.toThrow(SourceFailure);
      expect(Buffer.concat(taken).length).toBeLessThan(bytes.length);
    }
  });

  it("fails over a replica that is short, or long", async () => {
    for (const stored of [bytes.subarray(0, 99_999), Buffer.concat([bytes, Buffer.alloc(1)])])
      await expect(take([], openOver(blob, stored).source.read())).rejects.toThrow(SourceFailure);
  });
});
