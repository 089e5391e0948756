/** Every migration, in order; its version is its place, counted from 1. A released one is never changed. */
import { init } from "./001-init.ts";
import { keysAndOwners } from "./002-keys-and-owners.ts";
import { durability } from "./003-durability.ts";
import { quarantine } from "./004-quarantine.ts";
import { holdings } from "./005-holdings.ts";
import { consoleTables } from "./006-console.ts";
import { redirectAbilities } from "./007-redirect-abilities.ts";
import { placement } from "./008-placement.ts";
import { readReplicas } from "./009-read-replicas.ts";
import { journal } from "./010-journal.ts";
import { takeovers } from "./011-takeovers.ts";
import { journalContinues } from "./012-journal-continues.ts";
import { journalEnded } from "./013-journal-ended.ts";
import type { Migration } from "./migration.ts";

export const migrations: readonly Migration[] = [
  init,
  keysAndOwners,
  durability,
  quarantine,
  holdings,
  consoleTables,
  redirectAbilities,
  placement,
  readReplicas,
  journal,
  takeovers,
  journalContinues,
  journalEnded,
];
