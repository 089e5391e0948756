/**
 * Keeps a gateway's journal: begins and ends it as the configuration says, writes it every few seconds or before
 * answers, makes snapshots and keeps the files in order.
 */
import type { FleetMember } from "../backends/fleet.ts";
import { withinTime } from "../backends/within-time.ts";
import { S3Error } from "../errors.ts";
import { type Log, reasonOf } from "../log.ts";
import type { Heard, Listening } from "../metadata/engine.ts";
import { type Journal, JournalTaken } from "../metadata/journal.ts";
import { listed, preferred, stoppable } from "./choose-stores.ts";
import { forgetEarlier } from "./forget-earlier.ts";
import type { KeyRing } from "./journal-keys.ts";
import { makeManifest } from "./manifest.ts";
import { manifestName, newJournal } from "./names.ts";
import type { SnapshotHeader } from "./segment.ts";
import { newestSnapshot, writeSnapshot } from "./snapshot.ts";
import { tend } from "./tend.ts";
import { openWaiting } from "./waiting.ts";
import { type JournalState, openJournalWriter, WrittenElsewhere } from "./writer.ts";

/** off: there is none. interval: every few seconds. ack: before a write is acknowledged. */
type JournalMode = "off" | "interval" | "ack";

export interface JournalKeepingOptions {
  readonly mode: JournalMode;
  /** Other gateways may have the same database. */
  readonly isShared: boolean;
  readonly intervalMs: number;
  readonly snapshotMs: number;
  readonly keepMs: number;
  readonly journal: Journal;
  readonly fleet: { members(): readonly FleetMember[] };
  readonly keys: () => Promise<KeyRing>;
  /** Of the database. */
  readonly schema: number;
  readonly now: () => Date;
  readonly log: Log;
}

export interface JournalReport extends JournalState {
  readonly mode: "interval" | "ack";
  /** The newest; undefined: none is known. */
  readonly snapshot: SnapshotHeader | undefined;
  /** The backends that were last found to have all of it. */
  readonly complete: readonly string[];
  /** What it took up on each of them then; undefined: not looked at yet. */
  readonly bytes: number | undefined;
  /** Since when there are changes that no segment carries; undefined: there are none. */
  readonly behindSince: Date | undefined;
}

export interface JournalKeeping {
  /**
   * Resolves once what was committed until the call is on two backends, where the mode asks for that. Throws
   * ServiceUnavailable when it cannot be written there now.
   */
  acknowledge(): Promise<void>;
  /**
   * False while this database may be older than what the backends hold: what it does not know must not be deleted.
   */
  mayDelete(): boolean;
  /** Undefined: there is none. */
  report(): JournalReport | undefined;
  start(): void;
  close(): Promise<void>;
}

const COPIES = 2;
/** How often the backends are looked at for files that one of them lacks, or that are no longer needed. */
const TEND_MS = 600_000;
/** A snapshot comes after so many segments at the latest: a restore reads them all. */
const SEGMENTS_BETWEEN = 20_000;
/** How soon after its start a gateway that cannot write yet tries again, and how long that is nothing to tell. */
const RETRY_MS = 500;
const START_MS = 15_000;
/** How often in mode `ack` gateways look for what others wait for, and whether the one that writes is gone. */
const ACK_MS = 50;
/** The same while they hear of it. */
const HEARING_MS = 1_000;
/** Several times within a lease. */
const RENEW_MS = 3_000;
/** How long a client waits for what stands between its write and the answer. */
const PATIENCE_MS = 10_000;

export async function openJournalKeeping(options: JournalKeepingOptions): Promise<JournalKeeping> {
  const { mode, isShared, intervalMs, snapshotMs, keepMs, journal, fleet, keys, schema, now, log } = options;
  if (mode === "off") {
    await journal.end();
    return withoutJournal;
  }
  if ((await journal.head()) === undefined) await journal.beginFirst(newJournal());
  const stores = () => preferred(fleet.members());
  const all = Math.min(COPIES, fleet.members().length);
  const copies = { copies: COPIES, fewest: mode === "ack" ? all : 1 };
  const common = { journal, stores, ...copies, schema, now };
  const writer = openJournalWriter({ ...common, listed: () => listed(fleet.members()), keys });
  let snapshot: SnapshotHeader | undefined;
  let tendedAt = Number.NEGATIVE_INFINITY;
  let complete: readonly string[] = [];
  let bytes: number | undefined;
  let behindSince: Date | undefined;
  /** Segments are written, and nobody keeps a snapshot that they follow, or copies of all. */
  let unkeptSince: Date | undefined;
  /** What failed is not tried with every tick: a snapshot reads the whole database. */
  let restsUntil = 0;
  let told = "";
  const startedAt = now().getTime();
  // Before there is a snapshot, segments are of no use.
  let isBegun = false;
  let begun: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => {
    begun = () => {
      isBegun = true;
      resolve();
    };
  });

  let isClosing = false;
  const goOn = () => {
    if (isClosing) throw new Error("the gateway stops");
  };
  const working = () => stoppable(stores(), goOn);
  const written = async () => {
    await writer.write();
    const { head } = writer.state();
    if (head === undefined) throw new Error("another gateway writes the journal");
    return head;
  };
  const keepInOrder = async () => {
    const head = await written();
    const ring = await keys();
    if (snapshot?.journal !== head.journal) snapshot = await newestSnapshot(head.journal, stores(), ring);
    const isFit =
      snapshot?.schema === schema &&
      head.written - snapshot.number < SEGMENTS_BETWEEN &&
      now().getTime() - Date.parse(snapshot.at) < snapshotMs;
    const make = () => writeSnapshot({ ...common, stores: working, keys: ring, head, writeOn: written });
    const newest = snapshot !== undefined && isFit ? snapshot : await make();
    const isDue = newest !== snapshot;
    snapshot = newest;
    begun();
    const needed = Math.min(COPIES, fleet.members().filter(({ draining }) => !draining).length);
    const first = working().slice(0, needed);
    const names = first.map(({ name }) => name);
    const isTended = names.join() === complete.join() && now().getTime() - tendedAt < TEND_MS;
    // With one away, nobody knows what it has.
    if ((isTended && !isDue) || first.length < needed) return;
    complete = [];
    const keepSince = new Date(now().getTime() - keepMs);
    const { journal: line, written: segment, epoch, continues } = head;
    const others = stoppable(listed(fleet.members()).stores, goOn).filter(({ name }) => !names.includes(name));
    // Seldom, so that a backend which goes and comes often does not cost the whole journal each time.
    const clearsOthers = isDue;
    ({ bytes } = await tend({ journal: line, stores: first, others, clearsOthers, keys: ring, keepSince }));
    const manifest = makeManifest({ journal: line, segment, epoch, snapshot: newest, continues, now: now() }, ring);
    for (const store of first) await store.put(manifestName(line), manifest);
    if (isDue) for (const store of first) await forgetEarlier({ journal: line, epoch, store, keys: ring, keepSince });
    tendedAt = now().getTime();
    complete = names;
  };
  const waiting = openWaiting(journal);
  let isElsewhere = false;
  const write = async () => {
    try {
      await writer.write();
      isElsewhere = false;
    } catch (error) {
      isElsewhere = error instanceof WrittenElsewhere || error instanceof JournalTaken;
      throw error;
    }
  };
  /** Where another gateway writes, until that has written what stands there now. */
  const writeOrWait = async (signal: AbortSignal) => {
    // Whether it still does is looked at with every tick.
    if (!isElsewhere)
      try {
        return await write();
      } catch (error) {
        if (!isElsewhere) throw error;
      }
    await waiting.untilWritten(signal);
  };
  /** The snapshot is another gateway's to make. */
  const keptElsewhere = async () => {
    if (isBegun) return;
    const head = await journal.head();
    if (head !== undefined && (await newestSnapshot(head.journal, stores(), await keys())) !== undefined) begun();
  };
  const failed = (error: unknown, before: Date, note: () => void) => {
    if (isClosing) return;
    // Right after its start a gateway has not met its backends yet.
    const isStarting = before.getTime() - startedAt < START_MS;
    if (isStarting) {
      clearTimeout(retry);
      retry = setTimeout(tick, RETRY_MS).unref();
    } else note();
    const reason = reasonOf(error) ?? String(error);
    if (!isStarting && reason !== told) log.error({ reason }, "the journal is not in order");
    told = reason;
  };
  let inOrder: Promise<void> | undefined;
  const step = async () => {
    const before = now();
    try {
      await write();
      behindSince = undefined;
    } catch (error) {
      const note = () => {
        behindSince ??= before;
      };
      if (!isElsewhere) return failed(error, before, note);
      behindSince = undefined;
    }
    if (now().getTime() < restsUntil) return;
    // Meanwhile it is written on: a snapshot takes its time.
    inOrder ??= (isElsewhere ? keptElsewhere() : keepInOrder())
      .then(() => {
        unkeptSince = undefined;
      })
      .catch((error: unknown) =>
        failed(error, before, () => {
          unkeptSince ??= before;
          restsUntil = now().getTime() + intervalMs;
        }),
      )
      .finally(() => {
        inOrder = undefined;
      });
  };
  let retry: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let renewing: NodeJS.Timeout | undefined;
  let stepping: Promise<void> | undefined;
  const tick = () => {
    stepping ??= step().finally(() => {
      stepping = undefined;
    });
  };
  let listening: Listening | undefined;
  /** What other gateways acknowledge waits for the one that writes: where it is not told, it looks. */
  const pause = () => {
    if (mode !== "ack" || !isShared) return intervalMs;
    return Math.min(intervalMs, listening?.hears() ? HEARING_MS : ACK_MS);
  };
  const tickOn = () => {
    // Who listens may hear something until that has ended.
    if (isClosing) return;
    tick();
    clearTimeout(timer);
    timer = setTimeout(tickOn, pause()).unref();
  };
  const heard = (what: Heard) => {
    if (what === "settled") waiting.look();
    else if (what !== "wanted") tickOn();
    // The next tick, a second later at the latest, tells what is wrong.
    else if (!isElsewhere) void write().catch(() => undefined);
  };
  return {
    async acknowledge() {
      if (mode !== "ack") return;
      const limit = new AbortController();
      const work = hasBegun.then(() => writeOrWait(limit.signal));
      await withinTime(work, limit, PATIENCE_MS, "the journal was not written").catch((cause: unknown) => {
        throw new S3Error("ServiceUnavailable", {}, { cause });
      });
    },
    mayDelete: () => writer.state().checked && writer.state().older === undefined,
    report() {
      const state = writer.state();
      const reason = state.reason ?? (unkeptSince && told);
      return { ...state, mode, snapshot, complete, bytes, behindSince: behindSince ?? unkeptSince, reason };
    },
    start() {
      if (mode === "ack") listening = journal.listen(heard);
      tickOn();
      const renew = () => void writer.renew().catch((error: unknown) => log.debug({ err: error }, "journal"));
      renewing = setInterval(renew, RENEW_MS).unref();
    },
    async close() {
      isClosing = true;
      clearTimeout(retry);
      clearTimeout(timer);
      clearInterval(renewing);
      await listening?.close();
      await stepping;
      await inOrder;
      await writer.write().catch(() => undefined);
      await writer.close();
    },
  };
}

const withoutJournal: JournalKeeping = {
  acknowledge: async () => undefined,
  mayDelete: () => true,
  report: () => undefined,
  start: () => undefined,
  close: async () => undefined,
};
