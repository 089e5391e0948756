/**
 * A large body -> `copies` backends at the pace of the slowest, hashed on the way, never more than a chunk of it here.
 * The last chunk waits for `commit`, so that bytes that are wrong, or known already, become visible nowhere.
 */
import { type BackendError, onlyBackendError } from "../../backends/backend.ts";
import { computed, type Digests } from "../../checksums/digest.ts";
import type { Digest } from "../../model.ts";
import { type BlobBytes, readReplica } from "../replicas/copy-replica.ts";
import type { Placement } from "../replicas/placement.ts";
import { tooFewBackends, unretryable } from "../replicas/placer.ts";
import { aliveWriters, type ReplicaWriter, writeToAll } from "../replicas/replica-writer.ts";
import { addReplicas } from "./add-replicas.ts";
import { agreedEtag } from "./agreed-etag.ts";
import type { BodySource } from "./body-source.ts";
import { openReplicaWriter, type WriteContext } from "./context.ts";
import { newTrail, outcomeOf, type Trail } from "./trail.ts";
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
  readonly trail: Trail;
}

/**
 * Throws S3Error: what the client did wrong, or ServiceUnavailable as soon as too few backends are left. Nothing is
 * left behind then.
 */
export async function receiveStream(context: WriteContext, bytes: BodySource, needed: number): Promise<ReceivedStream> {
  const storageKey = await context.keyPool.take();
  const stream: Stream = { context, storageKey, size: bytes.size, needed, writers: [], trail: newTrail() };
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
  const { context, storageKey, writers } = stream;
  const { failures, touched } = stream.trail;
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
  const need = { copies: stream.needed, size: bytes.size };
  for (const member of context.placer.draw([], touched, need)) {
    touched.add(member.backend.name);
    const open = (onFailure: (failure: BackendError) => void) =>
      member.backend.write(storageKey, bytes.size, onFailure);
    const others = () => placementsOf(writers).filter(({ name }) => name !== member.backend.name);
    const isReplaceable = () => context.placer.isReplaceable(others(), touched, need);
    writers.push(openReplicaWriter(context, member, open, noteFailure, isReplaceable));
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
  const { context, storageKey, size, needed, writers, trail } = stream;
  const { placer } = context;
  const given = new Set(trail.touched);
  if (last !== undefined) await writeToAll(writers, last);
  await Promise.all(writers.map(({ sink }) => sink.finish(digests.md5)));
  const stored = { storageKey, size, digest: digests.sha256, partSizes: undefined };
  const agreed =
    digests.md5 === undefined ? await agreedEtag(placer.fleet, writers, stored) : { etag: digests.md5, isProven: true };
  if (agreed === undefined) throw tooFewBackends(trail.failures);
  const whole = { ...stored, etag: agreed.etag };
  const copied = await addReplicas(context, whole, placementsOf(writers), given, trail, { needed });
  const held = await addReplicas(context, whole, copied, unretryable(trail.failures), trail, { needed });
  if (!placer.isEnough(held, needed)) throw tooFewBackends(trail.failures);
  if (!agreed.isProven && held.length === 1) await proveOnly(stream, whole, held[0]);
  return { storageKey, etag: agreed.etag, ...outcomeOf(held, trail) };
}

/** No copy was made of the only replica, so nothing has read it yet. */
async function proveOnly({ context, trail }: Stream, whole: BlobBytes, only: Placement | undefined): Promise<void> {
  const member = only && context.placer.fleet.get(only.name);
  if (member === undefined) throw tooFewBackends(trail.failures);
  try {
    await readReplica(whole, member);
  } catch (error) {
    trail.failures.push(onlyBackendError(error));
    throw tooFewBackends(trail.failures);
  }
}

function placementsOf(writers: readonly ReplicaWriter[]): readonly Placement[] {
  return aliveWriters(writers).map(({ placement }) => placement);
}
