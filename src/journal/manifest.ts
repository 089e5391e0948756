/**
 * What stands in a journal's folder, for people, as plain JSON; and the number of its last segment then, for a restore:
 * the end of a journal cannot be missed by what comes before it.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { KeyRing } from "./journal-keys.ts";
import type { SnapshotHeader } from "./segment.ts";

const facts = z.object({
  about: z.string(),
  journal: z.string(),
  writtenAt: z.string(),
  /** The last that was written by then, and its epoch. */
  segment: z.int(),
  epoch: z.int(),
  snapshot: z.object({ number: z.int(), at: z.string(), rows: z.int() }),
  encryptionKey: z.string(),
  /** As JournalHead.continues. */
  continues: z.string().optional(),
});
const manifest = facts.extend({ hmac: z.string() });

type Facts = z.infer<typeof facts>;

const ABOUT =
  "The metadata of a nearbucket gateway: snapshots, and in segments what changed since, sealed with its encryption " +
  "key. nearbucket restore --config FILE puts the database together from here. Do not change or delete anything.";

export interface ManifestFacts {
  readonly journal: string;
  readonly segment: number;
  readonly epoch: number;
  readonly snapshot: SnapshotHeader;
  readonly continues?: string | undefined;
  readonly now: Date;
}

export function makeManifest(given: ManifestFacts, [key]: KeyRing): Buffer {
  const { journal, segment, epoch, snapshot, continues, now } = given;
  const { number, at, rows } = snapshot;
  const said: Facts = {
    ...{ about: ABOUT, journal, writtenAt: now.toISOString(), segment, epoch, snapshot: { number, at, rows } },
    encryptionKey: key.id,
    ...(continues !== undefined && { continues }),
  };
  return Buffer.from(`${JSON.stringify({ ...said, hmac: hmacOf(said, key.key) }, undefined, 2)}\n`);
}

/** What an authentic manifest of this journal says; undefined: it is none. */
export function openManifest(bytes: Buffer, journal: string, keys: KeyRing): Facts | undefined {
  const parsed = manifest.safeParse(jsonOf(bytes));
  if (!parsed.success || parsed.data.journal !== journal) return undefined;
  const { hmac, ...said } = parsed.data;
  const found = Buffer.from(hmac);
  const isAuthentic = keys.some(({ key }) => {
    const expected = Buffer.from(hmacOf(said, key));
    return found.length === expected.length && timingSafeEqual(found, expected);
  });
  return isAuthentic ? said : undefined;
}

function hmacOf(said: Facts, key: Buffer): string {
  return createHmac("sha256", key)
    .update(`manifest ${JSON.stringify(facts.parse(said))}`)
    .digest("hex");
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
