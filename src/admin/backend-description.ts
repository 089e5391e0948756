/** What an operator is told of one backend, from the configuration, the database and a running gateway: pure. */
import type { BackendConfig } from "../backends/kinds.ts";
import type { RegisteredBackend } from "../metadata/backends.ts";
import type { BackendState, RedirectAbilities } from "../registration.ts";

export interface BackendDescription {
  readonly name: string;
  readonly kind: string | undefined;
  readonly region: string | undefined;
  readonly state: BackendState | "not registered";
  /** In place, away: a running gateway says so. Without one, by the database: seen of late, or away since. */
  readonly condition: "in place" | "seen" | "lost" | "away" | "never seen";
  /** When it was last seen, or since when it is lost. */
  readonly at: Date | undefined;
  readonly replicas: number;
  readonly bytes: number;
  /** Where configuration and database differ, or why its configuration cannot be read. */
  readonly note: string | undefined;
  /** What it did with redirected reads when that was tried last. */
  readonly redirects: RedirectAbilities | undefined;
  /** At run time: it is not in the configuration. */
  readonly attached: boolean;
}

export interface BackendCheck {
  readonly name: string;
  readonly condition: "in place" | "lost" | "away" | "not registered";
  /** Why, unless it is in place; why not, if it takes no writes. */
  readonly reason: string | undefined;
  readonly writable: boolean;
}

export interface BackendFacts {
  readonly name: string;
  readonly row: RegisteredBackend | undefined;
  /** Is it in the configuration? Undefined: the configuration is not known. */
  readonly isConfigured: boolean | undefined;
  /** Its configuration, where it has one; or why that cannot be read. */
  readonly config: BackendConfig | undefined;
  readonly fault: string | undefined;
  readonly held: { readonly replicas: number; readonly bytes: number } | undefined;
  /** Do replicas bear its name? */
  readonly isUsed: boolean;
  /** By a running gateway; undefined: none says. */
  readonly up: boolean | undefined;
  readonly now: Date;
}

/** Gateways note a backend that is in place every 30 s. */
export const FRESH_MS = 90_000;

export function describeBackend(facts: BackendFacts): BackendDescription {
  const { name, row, isConfigured, config, held } = facts;
  return {
    name,
    kind: config?.kind,
    region: config?.region,
    state: row?.state ?? "not registered",
    ...conditionOf(facts),
    replicas: held?.replicas ?? 0,
    bytes: held?.bytes ?? 0,
    note: noteOn(facts),
    redirects: row?.abilities,
    attached: row?.config !== undefined && isConfigured !== true,
  };
}

function conditionOf({ row, up, now }: BackendFacts): Pick<BackendDescription, "condition" | "at"> {
  if (row === undefined || row.seenAt.getTime() === 0) return { condition: "never seen", at: undefined };
  const { seenAt, lostAt } = row;
  if (up === true) return { condition: "in place", at: seenAt };
  if (lostAt !== undefined) return { condition: "lost", at: lostAt };
  const isFresh = up === undefined && now.getTime() - seenAt.getTime() < FRESH_MS;
  return { condition: isFresh ? "seen" : "away", at: seenAt };
}

function noteOn({ row, isConfigured, config, fault, isUsed }: BackendFacts): string | undefined {
  if (fault !== undefined && row?.state !== "removed") return `its configuration cannot be read: ${fault}`;
  if (isConfigured === undefined) return undefined;
  if (row?.state === "removed") return config && "removed, but still configured: it is not used";
  if (config !== undefined) return row === undefined ? "not registered yet: see the gateway's log" : undefined;
  return isUsed ? "not configured any more, but replicas stand there" : "not configured any more";
}
