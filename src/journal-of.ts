/** The part of the composition root that keeps the journal of a configuration's database. */
import { HOUR_MS } from "./administration.ts";
import type { FleetMember } from "./backends/fleet.ts";
import { currentEncryptionKeys } from "./config/encryption-key.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { followKeys } from "./journal/journal-keys.ts";
import { type JournalKeeping, openJournalKeeping } from "./journal/keeping.ts";
import type { Log } from "./log.ts";
import type { Metadata } from "./metadata/metadata.ts";

interface JournalParts {
  readonly metadata: Metadata;
  readonly fleet: { members(): readonly FleetMember[] };
  readonly now: () => Date;
  readonly log: Log;
}

export async function openJournalOf(
  config: GatewayConfig,
  { metadata, fleet, now, log }: JournalParts,
): Promise<JournalKeeping> {
  const { mode, seconds, snapshotHours, keepDays } = config.journal;
  return openJournalKeeping({
    ...{ mode, intervalMs: seconds * 1000, snapshotMs: snapshotHours * HOUR_MS, keepMs: keepDays * 24 * HOUR_MS },
    isShared: config.metadata.kind === "postgres",
    journal: metadata.journal,
    fleet,
    keys: followKeys(() => currentEncryptionKeys(config)),
    schema: (await metadata.facts()).schema,
    now,
    log,
  });
}
