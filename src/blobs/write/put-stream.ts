/**
 * A large body -> `copies` backends at the pace of the slowest, hashed on the way, never more than a chunk of it here.
 * Its last chunk waits until claims and dedup are settled, so that what is wrong or known becomes visible nowhere.
 */
import type { BackendError } from "../../backends/backend.ts";
import { computed, type Digests } from "../../checksums/digest.ts";
import type { Digest } from "../../model.ts";
import type { Placement } from "../replicas/placement.ts";
import { tooFewBackends, unretryable } from "../replicas/placer.ts";
import { aliveWriters, type ReplicaWriter, writeToAll } from "../replicas/replica-writer.ts";
import { addReplicas } from "./add-replicas.ts";
import { agreedEtag } from "./agreed-etag.ts";
import type { BodySource } from "./body-source.ts";
import { openReplicaWriter, type WriteContext } from "./context.ts";
import type { Written } from "./put-buffer.ts";
import { streamVerified } from "./verified-body.ts";

/**
 * `isKnown` is asked once all bytes are there and right (with their md5 only if it had to be computed); true: the fresh
 * copies are dropped and `written` is undefined. Throws S3Error: what the client did wrong, or ServiceUnavailable as
 * soon as too few backends are left. The name is discarded then.
 */
export async function writeStream(
  context: WriteContext,
  bytes: BodySource,
  needed: number,
  isKnown: (sha256: Digest, md5: string | undefined) => Promise<boolean>,
): Promise<{ readonly digests: Digests; readonly written: Written | undefined }> {
  const { placer, keyPool } = context;
  const storageKey = await keyPool.take();
  const giveUp = new AbortController();
  const failures: BackendError[] = [];
  const writers: ReplicaWriter[] = [];
  const tried = new Set<string>();
  const checkHope = () => {
    const alive = placementsOf(writers);
    if (alive.length === 0 || !placer.canBeEnough(alive, unretryable(failures), needed))
      giveUp.abort(tooFewBackends(failures));
  };
  const noteFailure = (failure: BackendError) => {
    failures.push(failure);
    checkHope();
  };
  try {
    for (const member of placer.draw([], tried)) {
      tried.add(member.backend.name);
      const open = (onFailure: (failure: BackendError) => void) =>
        member.backend.write(storageKey, bytes.size, onFailure);
      writers.push(openReplicaWriter(context, member, open, noteFailure));
    }
    const write = (chunk: Buffer) => {
      // A backend that failed may be found to be down only later.
      if (failures.length > 0) checkHope();
      return writeToAll(writers, chunk);
    };
    // Two backends that name the same md5 spare us a third one: it is what a stream costs most.
    const { digests, last } = await streamVerified(
      bytes,
      { sha256: true, md5: writers.length < 2 },
      write,
      giveUp.signal,
    );
    const sha256 = computed(digests.sha256);
    if (await isKnown(sha256, digests.md5)) {
      await abandon(context, writers, storageKey);
      return { digests, written: undefined };
    }
    if (last !== undefined) await writeToAll(writers, last);
    await Promise.all(writers.map(({ sink }) => sink.finish(digests.md5)));
    const stored = { storageKey, size: bytes.size, digest: sha256, partSizes: undefined };
    const etag = digests.md5 ?? (await agreedEtag(placer.fleet, writers, stored));
    if (etag === undefined) throw tooFewBackends(failures);
    const whole = { ...stored, etag };
    const elsewhere = await addReplicas(context, whole, placementsOf(writers), tried, failures);
    const held = await addReplicas(context, whole, elsewhere, unretryable(failures), failures);
    if (!placer.isEnough(held, needed)) throw tooFewBackends(failures);
    return { digests: { ...digests, md5: etag }, written: { storageKey, backends: held.map(({ name }) => name) } };
  } catch (error) {
    await abandon(context, writers, storageKey);
    throw error;
  }
}

function placementsOf(writers: readonly ReplicaWriter[]): readonly Placement[] {
  return aliveWriters(writers).map(({ placement }) => placement);
}

async function abandon(context: WriteContext, writers: readonly ReplicaWriter[], storageKey: string): Promise<void> {
  for (const { sink } of writers) sink.abort();
  await context.keyPool.discard(storageKey);
}
