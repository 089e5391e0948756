/**
 * One write: small bodies are looked up before anything is uploaded, large ones when they have arrived. Known content
 * counts only with enough good replicas; else the bytes in hand replace it.
 */

import { computed, type Digests, type WholeDigests } from "../../checksums/digest.ts";
import { S3Error } from "../../errors.ts";
import type { Content, KnownContent } from "../../model.ts";
import { isMd5 } from "./agreed-etag.ts";
import type { BytesIn, Ingested } from "./body-source.ts";
import type { Stores } from "./context.ts";
import { type Written, writeBuffer } from "./put-buffer.ts";
import { writeStream } from "./put-stream.ts";
import { collect, pour } from "./verified-body.ts";

export interface PutRules {
  readonly scope: string | undefined;
  /** Replicas that must stand before the write is acknowledged. */
  readonly needed: number;
  readonly bufferBytes: number;
}

/** What a look for the digest found: content to answer with, or the blob that these bytes must replace. */
interface Lookup {
  readonly known: KnownContent | undefined;
  readonly replaces: number | undefined;
}

export async function put(stores: Stores, bytes: BytesIn, rules: PutRules): Promise<Ingested<Content>> {
  stores.sites.checkWritable(rules.needed);
  if (bytes.size <= rules.bufferBytes) return putSmall(stores, bytes, rules);
  if (bytes.claims.sha256 !== undefined && (await lookUp(stores, rules, bytes.claims.sha256)).known)
    return putExpected(stores, bytes, rules);
  return putLarge(stores, bytes, rules);
}

async function putSmall(stores: Stores, bytes: BytesIn, rules: PutRules): Promise<Ingested<Content>> {
  const { buffer, digests } = await collect(bytes);
  const { known, replaces } = await lookUp(stores, rules, digests.sha256);
  if (known) return ingested(known, digests);
  const written = await writeBuffer(stores, buffer, digests.md5, rules.needed);
  return ingested(fresh(stores, rules, bytes.size, digests, written, replaces), digests);
}

async function putLarge(stores: Stores, bytes: BytesIn, rules: PutRules): Promise<Ingested<Content>> {
  let found: Lookup = { known: undefined, replaces: undefined };
  const { digests, written } = await writeStream(stores, bytes, rules.needed, async (sha256, md5) => {
    found = await lookUp(stores, rules, sha256);
    // Of content known only in parts the md5 can be told by nobody but the stores that just received it.
    if (found.known && md5 === undefined && !isMd5(found.known.etag)) found = { known: undefined, replaces: undefined };
    return found.known !== undefined;
  });
  if (written) return ingested(fresh(stores, rules, bytes.size, whole(digests), written, found.replaces), digests);
  if (found.known) return ingested(found.known, { ...digests, md5: digests.md5 ?? found.known.etag });
  throw new S3Error("InternalError");
}

function whole({ sha256, md5, checksum }: Digests): WholeDigests {
  return { sha256: computed(sha256), md5: computed(md5), checksum };
}

/** A large body whose signed digest is known already: it is received and checked, and goes nowhere. */
async function putExpected(stores: Stores, bytes: BytesIn, rules: PutRules): Promise<Ingested<Content>> {
  const { digests } = await pour(bytes, { sha256: true, md5: true }, () => undefined);
  const { known } = await lookUp(stores, rules, computed(digests.sha256));
  if (known === undefined) throw new S3Error("SlowDown", { headers: { "Retry-After": "1" } });
  return ingested(known, digests);
}

async function lookUp(stores: Stores, { scope, needed }: PutRules, sha256: string): Promise<Lookup> {
  const blob = scope === undefined ? undefined : await stores.metadata.blobs.findByDigest(scope, sha256);
  if (blob === undefined) return { known: undefined, replaces: undefined };
  if (!(await stores.replicas.areGood(blob, needed))) return { known: undefined, replaces: blob.id };
  return { known: { kind: "known", blobId: blob.id, size: blob.size, etag: blob.etag }, replaces: undefined };
}

function fresh(
  stores: Stores,
  { scope }: PutRules,
  size: number,
  digests: WholeDigests,
  written: Written,
  replaces: number | undefined,
): Content {
  return {
    kind: "fresh",
    ...written,
    size,
    etag: digests.md5,
    digest: digests.sha256,
    layout: undefined,
    copies: stores.sites.copies,
    scope,
    replaces,
  };
}

function ingested(content: Content, { md5, checksum }: Digests): Ingested<Content> {
  return { content, md5: computed(md5), checksum };
}
