/**
 * One completion of an upload at a time, whichever gateway it runs in: it holds a lease, and each lease has an epoch of
 * its own, so that one that was taken over can neither renew its lease nor write the object.
 */
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";

/** The right to complete an upload, while its lease is renewed. */
export interface Completion {
  readonly uploadId: string;
  readonly epoch: number;
}

const claim = statement<{ epoch: number }>(
  "completion-begin",
  `UPDATE uploads SET completing_until = ?, completing_epoch = completing_epoch + 1
  WHERE upload_id = ? AND (completing_until IS NULL OR completing_until <= ?) RETURNING completing_epoch AS epoch`,
);
const exists = statement<{ one: number }>("completion-upload", "SELECT 1 AS one FROM uploads WHERE upload_id = ?");
const renew = statement<never>(
  "completion-renew",
  "UPDATE uploads SET completing_until = ? WHERE upload_id = ? AND completing_epoch = ?",
);
const owns = statement<{ one: number }>(
  "completion-owner",
  "SELECT 1 AS one FROM uploads WHERE upload_id = ? AND completing_epoch = ?",
);

/** Columns of an upload that is removed without having become an object. */
export interface EndedUpload {
  readonly storage_key: string;
  readonly completing_until: number | null;
}

/** A backend may still be storing what a completion sent it when its lease ended. */
const LATE_MS = 60_000;

/** Makes its bytes a drop job, which waits until a completion that is under way has noticed. */
export async function dropEnded(c: Connection, ended: EndedUpload, now: Date): Promise<void> {
  const completingUntil = ended.completing_until ?? 0;
  const runAt = completingUntil > now.getTime() ? new Date(completingUntil + LATE_MS) : now;
  await addJob(c, { kind: "drop", storageKey: ended.storage_key, backends: [] }, runAt, now);
}

/** "running": another completion's lease has not ended. Undefined: the upload has. */
export async function beginCompletion(
  c: Connection,
  uploadId: string,
  now: Date,
  leaseMs: number,
): Promise<Completion | "running" | undefined> {
  const claimed = await c.get(claim, [now.getTime() + leaseMs, uploadId, now.getTime()]);
  if (claimed !== undefined) return { uploadId, epoch: claimed.epoch };
  return (await c.get(exists, [uploadId])) === undefined ? undefined : "running";
}

/** Moves the end of its lease, into the past to give it up. False: it was taken over, or the upload has ended. */
export async function renewCompletion(
  c: Connection,
  { uploadId, epoch }: Completion,
  until: Date | undefined,
): Promise<boolean> {
  return (await c.run(renew, [until?.getTime() ?? null, uploadId, epoch])) > 0;
}

export async function ownsCompletion(c: Connection, { uploadId, epoch }: Completion): Promise<boolean> {
  return (await c.get(owns, [uploadId, epoch])) !== undefined;
}
