/**
 * One write: small bodies are looked up before anything is uploaded, large ones when they have arrived. Known content
 * counts only with enough good replicas; else the bytes in hand replace it.
 */
import { computed, type Digests, type WholeDigests } from "../../checksums/digest.ts";
import { S3Error } from "../../errors.ts";
import type { Content, KnownContent } from "../../model.ts";
import { isMd5 } from "./agreed-etag.ts";
import type { BodySource, Ingested } from "./body-source.ts";
import type { WriteContext } from "./context.ts";
import { type Written, writeBuffer } from "./put-buffer.ts";
import { writeStream } from "./put-stream.ts";
import { readVerified, streamVerified } from "./verified-body.ts";

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

export async function put(context: WriteContext, bytes: BodySource, rules: PutRules): Promise<Ingested<Content>> {
  context.placer.checkWritable(rules.needed);
  if (bytes.size <= rules.bufferBytes) return putSmall(context, bytes, rules);
  if (bytes.claims.sha256 !== undefined && (await lookUp(context, rules, bytes.claims.sha256)).known)
    return putExpected(context, bytes, rules);
  return putLarge(context, bytes, rules);
}

async function putSmall(context: WriteContext, bytes: BodySource, rules: PutRules): Promise<Ingested<Content>> {
  const { buffer, digests } = await readVerified(bytes);
  const { known, replaces } = await lookUp(context, rules, digests.sha256);
  if (known) return ingested(known, digests);
  const written = await writeBuffer(context, buffer, digests.md5, rules.needed);
  return ingested(fresh(context, rules, bytes.size, digests, written, replaces), digests);
}

async function putLarge(context: WriteContext, bytes: BodySource, rules: PutRules): Promise<Ingested<Content>> {
  let found: Lookup = { known: undefined, replaces: undefined };
  const { digests, written } = await writeStream(context, bytes, rules.needed, async (sha256, md5) => {
    found = await lookUp(context, rules, sha256);
    // Of content known only in parts the md5 can be told by nobody but the backends that just received it.
    if (found.known && md5 === undefined && !isMd5(found.known.etag)) found = { known: undefined, replaces: undefined };
    return found.known !== undefined;
  });
  if (written) return ingested(fresh(context, rules, bytes.size, whole(digests), written, found.replaces), digests);
  if (found.known) return ingested(found.known, { ...digests, md5: digests.md5 ?? found.known.etag });
  throw new S3Error("InternalError");
}

function whole({ sha256, md5, checksum }: Digests): WholeDigests {
  return { sha256: computed(sha256), md5: computed(md5), checksum };
}

/** A large body whose signed digest is known already: it is received and checked, and goes nowhere. */
async function putExpected(context: WriteContext, bytes: BodySource, rules: PutRules): Promise<Ingested<Content>> {
  const { digests } = await streamVerified(bytes, { sha256: true, md5: true }, () => undefined);
  const { known } = await lookUp(context, rules, computed(digests.sha256));
  if (known === undefined) throw new S3Error("SlowDown", { headers: { "Retry-After": "1" } });
  return ingested(known, digests);
}

async function lookUp(context: WriteContext, { scope, needed }: PutRules, sha256: string): Promise<Lookup> {
  const blob = scope === undefined ? undefined : await context.metadata.blobs.findByDigest(scope, sha256);
  if (blob === undefined) return { known: undefined, replaces: undefined };
  if (!(await context.replicas.areGood(blob, needed))) return { known: undefined, replaces: blob.id };
  return { known: { kind: "known", blobId: blob.id, size: blob.size, etag: blob.etag }, replaces: undefined };
}

function fresh(
  context: WriteContext,
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
    partSizes: undefined,
    copies: context.placer.copies,
    scope,
    replaces,
  };
}

function ingested(content: Content, { md5, checksum }: Digests): Ingested<Content> {
  return { content, md5: computed(md5), checksum };
}
