/** Writes replica rows, for new blobs and for background work. */

import type { ReplicaState } from "../model.ts";
import { type Connection, statement } from "./engine.ts";
import type { FreshContent } from "./stored-content.ts";

const onConflict = `ON CONFLICT (blob_id, backend) DO UPDATE SET
    state = excluded.state, verified_at = excluded.verified_at,
    scrubbed_at = CASE WHEN excluded.scrubbed_at > 0 THEN excluded.scrubbed_at ELSE replicas.scrubbed_at END`;
const setScrubbed = statement<never>(
  "replica-scrubbed",
  "UPDATE replicas SET scrubbed_at = ? WHERE blob_id = ? AND backend = ? AND state = 'verified'",
);
const saveOne = statement<never>(
  "replica-save",
  `INSERT INTO replicas (blob_id, backend, state, verified_at, scrubbed_at) VALUES (?, ?, ?, ?, ?) ${onConflict}`,
);
const saveTwo = statement<never>(
  "replica-save-two",
  `INSERT INTO replicas (blob_id, backend, state, verified_at, scrubbed_at)
  VALUES (?1, ?2, 'verified', ?3, ?3), (?1, ?4, 'verified', ?3, ?3) ${onConflict}`,
);

/** `scrubbed`: every byte was read, or hashed as it was written, just now. */
export async function saveReplica(
  c: Connection,
  blobId: number,
  backend: string,
  state: ReplicaState,
  now: Date,
  scrubbed = false,
): Promise<void> {
  await c.run(saveOne, [blobId, backend, state, now.getTime(), scrubbed ? now.getTime() : 0]);
}

/** The whole replica was read and matched its digest or ETag. One that is not verified any more stays as it is. */
export async function markScrubbed(c: Connection, blobId: number, backend: string, now: Date): Promise<void> {
  await c.run(setScrubbed, [now.getTime(), blobId, backend]);
}

/**
 * For bytes just written, and hashed on the way: `backends` hold them and their ETags agree, `touched` may hold
 * anything. Two per statement: the usual number costs one statement.
 */
export async function saveReplicas(
  c: Connection,
  blobId: number,
  { backends, touched }: Pick<FreshContent, "backends" | "touched">,
  now: Date,
): Promise<void> {
  const at = now.getTime();
  const distinct = [...new Set(backends)];
  for (let index = 0; index < distinct.length; index += 2) {
    const [first, second] = distinct.slice(index, index + 2);
    if (first !== undefined && second !== undefined) await c.run(saveTwo, [blobId, first, at, second]);
    else if (first !== undefined) await saveReplica(c, blobId, first, "verified", now, true);
  }
  for (const backend of new Set(touched))
    if (!distinct.includes(backend)) await saveReplica(c, blobId, backend, "lost", now);
}
