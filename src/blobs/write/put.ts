/**
 * One write. The digest of a small body is looked up before anything is uploaded, that of a large one when it has
 * arrived. Known content counts only with enough good replicas; otherwise the bytes in hand replace it.
 */
import { computed, type Digests } from "../../checksums/digest.ts";
import { S3Error } from "../../errors.ts";
import type { Content, KnownContent } from "../../metadata/stored-content.ts";
import type { Digest } from "../../model.ts";
import type { Wanted } from "../../wanted.ts";
import { knownFor } from "../replicas/good-copies.ts";
import { isMd5 } from "./agreed-etag.ts";
import type { BodySource, Ingested } from "./body-source.ts";
import type { WriteContext } from "./context.ts";
import { receiveStream } from "./receive-stream.ts";
import { readVerified, streamVerified } from "./verified-body.ts";
import { type Written, writeBuffer } from "./write-buffer.ts";

export interface PutRules {
  readonly scope: string | undefined;
  /** Of the blob; the context's placer follows it. */
  readonly wanted: Wanted | undefined;
  /** Replicas that must stand before the write is acknowledged. */
  readonly needed: number;
  readonly bufferBytes: number;
}

/** What was found under a digest: content to answer with, or the id of the blob that these bytes must replace. */
interface Lookup {
  readonly known: KnownContent | undefined;
  readonly replaces: number | undefined;
}

export async function put(context: WriteContext, bytes: BodySource, rules: PutRules): Promise<Ingested<Content>> {
  context.placer.checkWritable(rules.needed);
  await context.metadata.checkRoom();
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
  return ingested(fresh(context, rules, bytes.size, digests.sha256, written, replaces), digests);
}

async function putLarge(context: WriteContext, bytes: BodySource, rules: PutRules): Promise<Ingested<Content>> {
  const received = await receiveStream(context, bytes, rules.needed);
  const { digests } = received;
  try {
    const { known, replaces } = await lookUp(context, rules, digests.sha256);
    const knownMd5 = digests.md5 ?? (known && md5Of(known));
    if (known && knownMd5 !== undefined) {
      await received.abandon();
      return ingested(known, { ...digests, md5: knownMd5 });
    }
    const written = await received.commit();
    const content = fresh(context, rules, bytes.size, digests.sha256, written, replaces);
    return ingested(content, { ...digests, md5: written.etag });
  } catch (error) {
    await received.abandon();
    throw error;
  }
}

/** A large body whose signed digest is known already: it is received and checked, and goes nowhere. */
async function putExpected(context: WriteContext, bytes: BodySource, rules: PutRules): Promise<Ingested<Content>> {
  const { digests } = await streamVerified(bytes, { sha256: true, md5: true }, () => undefined);
  const { known } = await lookUp(context, rules, computed(digests.sha256));
  if (known === undefined) throw new S3Error("SlowDown", { headers: { "Retry-After": "1" } });
  return ingested(known, digests);
}

async function lookUp(context: WriteContext, { scope, wanted, needed }: PutRules, sha256: Digest): Promise<Lookup> {
  const blob = scope === undefined ? undefined : await context.metadata.blobs.findByDigest(scope, sha256);
  if (blob === undefined) return { known: undefined, replaces: undefined };
  if (!(await context.replicas.areGood(blob, needed))) return { known: undefined, replaces: blob.id };
  return { known: knownFor(context.rules, blob, wanted), replaces: undefined };
}

/** Undefined for content that was uploaded in parts: only backends that receive the bytes whole can say their md5. */
function md5Of({ etag }: KnownContent): string | undefined {
  return isMd5(etag) ? etag : undefined;
}

function fresh(
  context: WriteContext,
  { scope, wanted }: PutRules,
  size: number,
  digest: Digest,
  written: Written,
  replaces: number | undefined,
): Content {
  return {
    kind: "fresh",
    ...written,
    size,
    digest,
    partSizes: undefined,
    copies: context.placer.copies,
    good: context.placer.countGood(written.backends),
    ...(wanted && { wanted }),
    scope,
    replaces,
  };
}

function ingested(content: Content, { md5, checksum }: Digests): Ingested<Content> {
  return { content, md5: computed(md5), checksum };
}
