/**
 * A large body -> `copies` backends at the pace of the slowest, hashed on the way, never more than a chunk of it here.
 * The last chunk waits for `commit`, so that bytes that are wrong, or known already, become visible nowhere.
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
import { streamVerified } from "./verified-body.ts";
import type { Written } from "./write-buffer.ts";

/**
 * A body that has arrived whole and is what the client claimed. Either call settles it; `abandon` may follow
 * `commit`.
 */
export interface ReceivedStream {
  /** Without the md5 where the backends are to agree on it. */
  readonly digests: Digests & { readonly sha256: Digest };
  /** Stores it. Throws ServiceUnavailable when fewer than `needed` backends hold it in the end; then abandon it. */
  commit(): Promise<Written>;
  /** Gives the writes up and discards the storage key. Does not throw. */
  abandon(): Promise<void>;
}

/** What the two halves of a write share. */
interface Stream {
  readonly context: WriteContext;
  readonly storageKey: string;
  readonly size: number;
  readonly needed: number;
  readonly writers: ReplicaWriter[];
  /** Backends that were given a writer. */
  readonly tried: Set<string>;
  readonly failures: BackendError[];
}

/**
 * Throws S3Error: what the client did wrong, or ServiceUnavailable as soon as too few backends are left. Nothing is
 * left behind then.
 */
export async function receiveStream(context: WriteContext, bytes: BodySource, needed: number): Promise<ReceivedStream> {
  const storageKey = await context.keyPool.take();
  const stream: Stream = { context, storageKey, size: bytes.size, needed, writers: [], tried: new Set(), failures: [] };
  const abandon = async () => {
    for (const { sink } of stream.writers) sink.abort();
    await context.keyPool.discard(storageKey);
  };
  try {
    const { digests, last } = await receive(stream, bytes);
    return {
      digests: { ...digests, sha256: computed(digests.sha256) },
      commit: () => commit(stream, digests, last),
      abandon,
    };
  } catch (error) {
    await abandon();
    throw error;
  }
}

function receive(stream: Stream, bytes: BodySource): ReturnType<typeof streamVerified> {
  const { context, storageKey, writers, tried, failures } = stream;
  const giveUp = new AbortController();
  const checkEnoughLeft = () => {
    const alive = placementsOf(writers);
    if (alive.length === 0 || !context.placer.canBeEnough(alive, unretryable(failures), stream.needed))
      giveUp.abort(tooFewBackends(failures));
  };
  const noteFailure = (failure: BackendError) => {
    failures.push(failure);
    checkEnoughLeft();
  };
  for (const member of context.placer.draw([], tried)) {
    tried.add(member.backend.name);
    const open = (onFailure: (failure: BackendError) => void) =>
      member.backend.write(storageKey, bytes.size, onFailure);
    writers.push(openReplicaWriter(context, member, open, noteFailure));
  }
  const write = (chunk: Buffer) => {
    // After one backend failed, another that was to replace it may be found to be down.
    if (failures.length > 0) checkEnoughLeft();
    return writeToAll(writers, chunk);
  };
  // Two backends that name the same md5 prove it. Computing it here too is what a stream would cost most.
  return streamVerified(bytes, { sha256: true, md5: writers.length < 2 }, write, giveUp.signal);
}

async function commit(stream: Stream, digests: Digests, last: Buffer | undefined): Promise<Written> {
  const { context, storageKey, size, needed, writers, tried, failures } = stream;
  const { placer } = context;
  if (last !== undefined) await writeToAll(writers, last);
  await Promise.all(writers.map(({ sink }) => sink.finish(digests.md5)));
  const stored = { storageKey, size, digest: digests.sha256, partSizes: undefined };
  const etag = digests.md5 ?? (await agreedEtag(placer.fleet, writers, stored));
  if (etag === undefined) throw tooFewBackends(failures);
  const whole = { ...stored, etag };
  const copied = await addReplicas(context, whole, placementsOf(writers), tried, failures);
  const held = await addReplicas(context, whole, copied, unretryable(failures), failures);
  if (!placer.isEnough(held, needed)) throw tooFewBackends(failures);
  return { storageKey, etag, backends: held.map(({ name }) => name) };
}

function placementsOf(writers: readonly ReplicaWriter[]): readonly Placement[] {
  return aliveWriters(writers).map(({ placement }) => placement);
}
