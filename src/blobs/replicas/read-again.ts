/**
 * Distinguishes a damaged replica from an unreachable backend. A store that finds damage in its own files, such as
 * MinIO, sends the headers of a GET and then closes the connection, every time. A second read of a piece shows this.
 */
import { BackendError } from "../../backends/backend.ts";
import type { FleetMember } from "../../backends/fleet.ts";
import type { Blob } from "../../model.ts";
import { pump } from "../pump.ts";

/**
 * More than what was on its way when the connection broke, and than the block that a store checks at once. A proxy in
 * front of the store drops what it and its socket hold when the store breaks off: several MiB, each time.
 */
const LENGTH = 16 * 1024 * 1024;

/** A backend that takes longer shows only that it is slow. */
const LIMIT_MS = 30_000;

/**
 * Reads again from the byte on at which a backend broke off. Resolves when the backend returns these bytes now. Throws
 * BackendError: corrupt by suspicion when it promises them and breaks off again, else as the backend's `open`.
 */
export async function readAgain(
  { storageKey, size }: Pick<Blob, "storageKey" | "size">,
  { backend }: FleetMember,
  first: number,
): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const last = Math.min(first + LENGTH, size) - 1;
  const { body } = await backend.open(storageKey, { first, last }, signal);
  const failure = await pump(body, () => undefined).then(
    () => undefined,
    (error: unknown) => error,
  );
  body.destroy();
  if (failure === undefined) return;
  if (signal.aborted || (failure instanceof BackendError && failure.fault !== "unavailable")) throw failure;
  const detail = `unreadable after byte ${first}`;
  throw new BackendError(backend.name, "corrupt", { cause: failure, detail, isSuspicion: true });
}
