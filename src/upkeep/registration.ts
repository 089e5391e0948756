/**
 * Registers a backend that the database does not know: its store gets an identity, or keeps the one it has. A store
 * that may be somebody else's, or not the one that the rows mean, is not registered.
 */
import { randomUUID } from "node:crypto";
import { type Backend, BackendError, onlyBackendError } from "../backends/backend.ts";
import { checkSame } from "../blobs/replicas/verify.ts";
import type { Backends, RegisteredBackend } from "../metadata/backends.ts";
import type { SealedSecret } from "../model.ts";

const SAMPLE = 8;

/** What stands at a backend's address: another store than the database means, or one that must not be used. */
export class ForeignStoreError extends Error {
  override readonly name = "ForeignStoreError";
}

/**
 * The row comes before the store's identity, so that of two gateways one decides; the caller establishes what the row
 * says. Only a bucket or disk that is to be made comes before the row: it may turn out that it must not be made.
 * Resolves too when another gateway was first. `config`: of one that is attached at run time. Throws BackendError when
 * the store cannot be asked, ForeignStoreError when an operator must look.
 */
export async function registerBackend(
  backend: Backend,
  backends: Backends,
  rows: readonly RegisteredBackend[],
  signal: AbortSignal,
  config?: SealedSecret,
): Promise<void> {
  const { name } = backend;
  const found = await findIdentity(backend, signal);
  const other = rows.find(({ identity }) => identity === found);
  if (other !== undefined)
    throw new ForeignStoreError(`it is the same store as ${other.name}: a store has one name, and counts as one copy`);
  if (await backends.holdsReplicas(name)) await checkSample(backend, found !== "missing", backends);
  else if (found !== "missing" && !(await backend.isEmpty()))
    throw new ForeignStoreError(
      "it holds blobs that this database does not know: give it an empty bucket or directory, or another prefix",
    );
  const identity = found === "missing" || found === undefined ? randomUUID() : found;
  if (found === "missing") await backend.establish(identity);
  await backends.register(name, identity, config);
}

/** "missing": not even its bucket or disk is there. */
export async function findIdentity(backend: Backend, signal: AbortSignal): Promise<string | "missing" | undefined> {
  try {
    return await backend.identity(signal);
  } catch (error) {
    if (onlyBackendError(error).fault === "absent") return "missing";
    throw error;
  }
}

/** A database from before identities: the rows are believed when most of a sample is really there. */
async function checkSample(backend: Backend, isThere: boolean, backends: Backends): Promise<void> {
  const sample = await backends.sample(backend.name, SAMPLE);
  const standing = isThere ? await Promise.all(sample.map((blob) => stands(backend, blob))) : [];
  const count = standing.filter(Boolean).length;
  if (count * 2 < sample.length)
    throw new ForeignStoreError(`of ${sample.length} replicas that the database names there, ${count} are there`);
}

async function stands(backend: Backend, blob: Awaited<ReturnType<Backends["sample"]>>[number]): Promise<boolean> {
  try {
    checkSame(blob, await backend.stat(blob.storageKey), backend.name);
    return true;
  } catch (error) {
    if (error instanceof BackendError && (error.fault === "absent" || error.fault === "corrupt")) return false;
    throw error;
  }
}
