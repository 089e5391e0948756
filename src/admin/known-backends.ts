/**
 * What is known of each backend, from three sides: the configuration, the database, and a running gateway where one
 * answers. Nothing is guessed: without a gateway a backend's `up` is undefined.
 */
import type { RegisteredBackend } from "../metadata/backends.ts";
import type { LiveBackend } from "./live-status.ts";
import type { BackendPlace } from "./safety.ts";

/** As the configuration has it. */
export interface ConfiguredBackend {
  readonly name: string;
  readonly region: string;
  readonly draining: boolean;
}

/** By the database; unregistered: it does not know the name. */
type KnownState = RegisteredBackend["state"] | "unregistered";

export interface KnownBackend {
  readonly name: string;
  /** Of one that neither configuration nor gateway knows: its own name. */
  readonly region: string;
  readonly state: KnownState;
  /** A gateway of this configuration reaches it, as far as configuration and database tell. */
  readonly isConfigured: boolean;
  readonly draining: boolean;
  /** Undefined: no gateway says. */
  readonly up: boolean | undefined;
  /** It took the last small write; undefined: no gateway says. */
  readonly writable: boolean | undefined;
  /** Why it is not up. */
  readonly why: string | undefined;
  readonly identity: string | undefined;
  /** When any gateway last found it in place; undefined: none ever did. */
  readonly seenAt: Date | undefined;
  /** Since when another store, or an empty one, stands in its place. */
  readonly lostSince: Date | undefined;
  readonly latencyMs: number | undefined;
  readonly recentErrors: number | undefined;
  /** How its reads and its writes fare, and its room; undefined: no gateway says. */
  readonly reads: LiveBackend["reads"] | undefined;
  readonly writes: LiveBackend["writes"] | undefined;
  readonly space: LiveBackend["space"];
}

export interface BackendSources {
  /** Undefined: the configuration is not known. */
  readonly configured: readonly ConfiguredBackend[] | undefined;
  readonly registered: readonly RegisteredBackend[];
  /** Undefined: no gateway answers. */
  readonly live: readonly LiveBackend[] | undefined;
  /** Names that replicas bear. */
  readonly named: readonly string[];
}

/** The gateway's or the configuration's order, then the others by name. */
export function knownBackends({ configured, registered, live, named }: BackendSources): readonly KnownBackend[] {
  const first = (live ?? configured ?? []).map(({ name }) => name);
  const others = [...registered.filter(({ state }) => state !== "removed").map(({ name }) => name), ...named].sort();
  return [...new Set([...first, ...others])].map((name) => {
    const one = configured?.find((backend) => backend.name === name);
    const row = registered.find((backend) => backend.name === name);
    const seen = live?.find((backend) => backend.name === name);
    const up = seen?.up ?? (live && false);
    return {
      name,
      region: seen?.region ?? one?.region ?? name,
      state: row?.state ?? "unregistered",
      isConfigured: seen !== undefined || one !== undefined || row?.config !== undefined || configured === undefined,
      draining: row?.state === "draining" || seen?.draining === true || one?.draining === true,
      up,
      writable: seen?.writable,
      why: up === false ? (seen?.why ?? "the gateway does not have it in its configuration") : undefined,
      identity: row?.identity,
      seenAt: row?.seenAt.getTime() === 0 ? undefined : row?.seenAt,
      lostSince: up === true ? undefined : row?.lostAt,
      latencyMs: seen?.latencyMs,
      recentErrors: seen?.recentErrors,
      reads: seen?.reads,
      writes: seen?.writes,
      space: seen?.space,
    };
  });
}

/**
 * Without a gateway's word, a configured backend counts as in place unless the database says that it is lost.
 * `graceMs`: how long the copies on one that is away still count as good.
 */
export function placeOf(backend: KnownBackend, now: Date, graceMs: number): BackendPlace {
  const { name, region, state, isConfigured, draining, up, seenAt, lostSince } = backend;
  const inPlace = state !== "removed" && (up ?? (isConfigured && lostSince === undefined));
  const attached = state !== "removed" && !draining;
  const wasSeen = seenAt !== undefined && now.getTime() - seenAt.getTime() < graceMs;
  return { name, region, inPlace, attached, present: attached && (inPlace || wasSeen) };
}
