/**
 * When each access key was last used, to the minute. A request only leaves a note in memory; what is new is written for
 * all keys together, at most once a minute for each.
 */
import type { Log } from "../log.ts";
import { eachMinute } from "./each-minute.ts";

export interface KeyUses {
  note(accessKeyId: string): void;
  /** Writes what is new. Rejects when it could not: then it is new still. */
  flush(): Promise<void>;
  /** Writes every minute from now on. */
  start(): void;
  close(): Promise<void>;
}

export interface KeyUsesOptions {
  readonly record: (uses: ReadonlyMap<string, Date>) => Promise<void>;
  readonly now: () => Date;
  readonly log: Log;
}

const MINUTE_MS = 60_000;
/** Beyond this many keys, what was written may be written again. */
const REMEMBERED_LIMIT = 10_000;

export function openKeyUses({ record, now, log }: KeyUsesOptions): KeyUses {
  const noted = new Map<string, Date>();
  const written = new Map<string, number>();
  const flush = async () => {
    const uses = new Map([...noted].filter(([id, at]) => written.get(id) !== at.getTime()));
    noted.clear();
    if (uses.size === 0) return;
    try {
      await record(uses);
    } catch (error) {
      for (const [id, at] of uses) if (!noted.has(id)) noted.set(id, at);
      throw error;
    }
    if (written.size >= REMEMBERED_LIMIT) written.clear();
    for (const [id, at] of uses) written.set(id, at.getTime());
  };
  return {
    note(accessKeyId) {
      const time = now().getTime();
      noted.set(accessKeyId, new Date(time - (time % MINUTE_MS)));
    },
    flush,
    ...eachMinute(flush, log, "could not record when access keys were used"),
  };
}
