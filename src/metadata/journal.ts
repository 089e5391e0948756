/**
 * What the journal needs of the database: who writes it, which rows changed since its last segment, and what they hold
 * now. A segment is the state of all rows that changed, read at one moment; all segments in order, put over an older
 * state that no row is missing from, give the state at the last one.
 */
import { allRows } from "./all-rows.ts";
import type { MetadataContext } from "./context.ts";
import { type Heard, type Listening, statement, type Told } from "./engine.ts";
import { fill } from "./filling.ts";
import { type ChangedRows, type GroupKey, type Rows, recordedRows, TABLES, toRows } from "./tables.ts";

export interface JournalHead {
  /** Random, made with the journal. */
  readonly journal: string;
  /** Counts those who wrote it, one after another: higher is later. */
  readonly epoch: number;
  /** The number of the last segment that is written; 0: none is. */
  readonly written: number;
  /** The highest number that was begun in this or an earlier epoch. */
  readonly started: number;
  /** Of the last segment that is written. */
  readonly hash: string;
  /** The journal in whose state it began; undefined: it is the first, or nobody knows. */
  readonly continues: string | undefined;
}

/** Whose segments: those of an epoch of a journal. */
export type JournalEpoch = Pick<JournalHead, "journal" | "epoch">;

export interface Collected {
  readonly head: JournalHead;
  /** This segment's number. */
  readonly number: number;
  readonly changed: readonly ChangedRows[];
  /** Further changes belong to the same moment: without the segments up to the first without `more`, it is torn. */
  readonly more: boolean;
  /** What `settle` forgets: runs of ids, both ends inclusive. */
  readonly runs: readonly (readonly [first: number, last: number])[];
}

interface HeadRow {
  readonly journal: string;
  readonly epoch: number;
  readonly writer: string;
  readonly lease_until: number;
  readonly written: number;
  readonly started: number;
  readonly hash: string;
  readonly continues: string;
}

interface ChangeRow {
  readonly id: number;
  readonly table_name: string;
  readonly row_number: number;
  readonly row_text: string;
}

const oneMoment = statement("journal-one-moment", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
const selectHead = statement<HeadRow>(
  "journal-head",
  "SELECT journal, epoch, writer, lease_until, written, started, hash, continues FROM journal_head",
);
const lockHead = statement("journal-head-lock", "SELECT id FROM journal_head FOR UPDATE");
const insertHead = statement<never>(
  "journal-begin",
  `INSERT INTO journal_head (id, journal, epoch, writer, lease_until, written, started, hash, continues)
  VALUES (1, ?, ?, '', 0, 0, 0, '', ?)`,
);
const insertFirst = statement<never>(
  "journal-begin-first",
  `INSERT INTO journal_head (id, journal, epoch, writer, lease_until, written, started, hash, continues)
  VALUES (1, ?, ?, '', 0, 0, 0, '', ?) ON CONFLICT (id) DO NOTHING`,
);
const selectEnded = statement<JournalEpoch>("journal-ended", "SELECT journal, epoch FROM journal_ended");
const keepEnded = statement<never>(
  "journal-keep-ended",
  `INSERT INTO journal_ended (id, journal, epoch) VALUES (1, ?, ?)
  ON CONFLICT (id) DO UPDATE SET journal = excluded.journal, epoch = excluded.epoch`,
);
const takeHead = statement<never>("journal-take", "UPDATE journal_head SET epoch = ?, writer = ?, lease_until = ?");
const releaseHead = statement<never>("journal-release", "UPDATE journal_head SET lease_until = 0 WHERE writer = ?");
const startSegment = statement<never>(
  "journal-start-segment",
  "UPDATE journal_head SET started = ? WHERE journal = ? AND epoch = ? AND written = ?",
);
const settleSegment = statement<never>(
  "journal-settle",
  `UPDATE journal_head SET written = ?, hash = ?, lease_until = ?
  WHERE journal = ? AND epoch = ? AND started = ?`,
);
const deleteHead = statement<never>("journal-end", "DELETE FROM journal_head");
const deleteChanges = statement<never>("journal-forget-all", "DELETE FROM journal_changes");
const selectChanges = statement<ChangeRow>(
  "journal-changes",
  "SELECT id, table_name, row_number, row_text FROM journal_changes ORDER BY id LIMIT ?",
);
const forgetRun = statement<never>("journal-forget", "DELETE FROM journal_changes WHERE id BETWEEN ? AND ?");
const newestChange = statement<{ id: number | null; heads: number }>(
  "journal-newest",
  "SELECT MAX(id) AS id, (SELECT COUNT(*) FROM journal_head) AS heads FROM journal_changes",
);
const oldestChange = statement<{ id: number | null }>("journal-oldest", "SELECT MIN(id) AS id FROM journal_changes");
const countWaiting = statement<{ count: number }>("journal-waiting", "SELECT COUNT(*) AS count FROM journal_changes");

/** Another one writes the journal by now. */
export class JournalTaken extends Error {
  override readonly name = "JournalTaken";
}

/** A gateway on this database whose configuration wants no journal has ended it. */
export class JournalEnded extends Error {
  override readonly name = "JournalEnded";

  constructor() {
    super("there is no journal: a gateway with journal.mode: off has ended it");
  }
}

export class Journal {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Undefined: there is no journal. */
  async head(): Promise<JournalHead | undefined> {
    return toHead(await this.#context.engine.read.get(selectHead, []));
  }

  /** Does another one hold the lease? `isFirst` as for `take`. */
  async isHeldByOther(writer: string, isFirst: boolean): Promise<boolean> {
    const row = await this.#context.engine.read.get(selectHead, []);
    return row !== undefined && this.#isOthers(row, writer, isFirst);
  }

  /** One process has a SQLite database: when it starts, a lease is what is left of one that died. */
  #isOthers(row: HeadRow, writer: string, isFirst: boolean): boolean {
    if (row.writer === writer || (isFirst && this.#context.engine.dialect === "sqlite")) return false;
    return row.lease_until > this.#context.now().getTime();
  }

  /**
   * Begins a journal in place of any there is: changes are recorded from now on. `epoch`: the highest that was seen
   * anywhere; who writes takes a higher one. `continues`: as in JournalHead.
   */
  async begin(journal: string, epoch: number, continues?: string): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      await c.run(deleteHead, []);
      await c.run(deleteChanges, []);
      await c.run(insertHead, [journal, epoch, continues ?? ""]);
    });
  }

  /**
   * Begins one where there is none, as what continues the one that was ended: of gateways that start at once on an
   * empty database, one does.
   */
  async beginFirst(journal: string): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      const former = await c.get(selectEnded, []);
      await c.run(insertFirst, [journal, former?.epoch ?? 0, former?.journal ?? ""]);
    });
  }

  /** The one that was ended last; undefined: none was. */
  ended(): Promise<JournalEpoch | undefined> {
    return this.#context.engine.read.get(selectEnded, []);
  }

  /** Ends it: nothing is recorded any more, and what was recorded is forgotten. */
  async end(): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      const head = await c.get(selectHead, []);
      if (head !== undefined) await c.run(keepEnded, [head.journal, head.epoch]);
      await c.run(deleteHead, []);
      await c.run(deleteChanges, []);
    });
  }

  /**
   * Makes `writer` the one who writes, in a new epoch, or keeps it so. `isFirst`: it has not written before. Undefined:
   * another one writes, or there is no journal.
   */
  take(writer: string, leaseMs: number, isFirst = false): Promise<JournalHead | undefined> {
    const now = this.#context.now().getTime();
    return this.#context.engine.transact(async (c) => {
      await c.lock(lockHead, []);
      const row = await c.get(selectHead, []);
      if (row === undefined || this.#isOthers(row, writer, isFirst)) return undefined;
      const epoch = row.writer === writer ? row.epoch : row.epoch + 1;
      await c.run(takeHead, [epoch, writer, now + leaseMs]);
      return toHead({ ...row, epoch });
    });
  }

  /** Lets another one write at once. */
  async release(writer: string): Promise<void> {
    if ((await this.#context.engine.transact((c) => c.run(releaseHead, [writer]))) > 0) this.tell("released");
  }

  /**
   * The next segment: what the first `limit` changes recorded are about. Undefined: nothing has changed. Throws
   * JournalTaken when another epoch, or another journal, has begun, and JournalEnded.
   */
  collect({ journal, epoch }: JournalEpoch, limit: number): Promise<Collected | undefined> {
    return this.#context.engine.transact(async (c) => {
      await c.lock(oneMoment, []);
      const changes = await c.all(selectChanges, [limit + 1]);
      const head = toHead(await c.get(selectHead, []));
      if (head === undefined) throw new JournalEnded();
      if (head.journal !== journal || head.epoch !== epoch)
        throw new JournalTaken("another gateway writes the journal");
      if (changes.length === 0) return undefined;
      const taken = changes.slice(0, limit);
      const number = head.written + 1;
      await c.run(startSegment, [number, journal, epoch, head.written]);
      const last = taken.at(-1)?.id ?? 0;
      const changed: ChangedRows[] = [];
      for (const table of TABLES) {
        const groups = groupsOf(taken.filter((change) => change.table_name === table.name));
        if (groups.length === 0) continue;
        changed.push({ ...toRows(table.name, await c.all(recordedRows(table), [last])), groups });
      }
      return { head, number, changed, more: changes.length > limit, runs: runsOf(taken.map(({ id }) => id)) };
    });
  }

  /** The segment is written: what it carries is forgotten. Throws JournalTaken as `collect` does. */
  async settle({ head, number, runs }: Collected, hash: string, leaseMs: number): Promise<void> {
    const until = this.#context.now().getTime() + leaseMs;
    await this.#context.engine.transact(async (c) => {
      if ((await c.run(settleSegment, [number, hash, until, head.journal, head.epoch, number])) === 0)
        throw new JournalTaken("another gateway writes the journal");
      for (const run of runs) await c.run(forgetRun, run);
    });
    this.tell("settled");
  }

  /** The highest id of what is recorded by now; undefined: nothing is. Throws JournalEnded. */
  async newestChange(): Promise<number | undefined> {
    const found = await this.#context.engine.read.get(newestChange, []);
    if (found?.heads === 0) throw new JournalEnded();
    return found?.id ?? undefined;
  }

  /** Written segments carry all that was recorded with lower ids; undefined: all there is. */
  async oldestChange(): Promise<number | undefined> {
    return (await this.#context.engine.read.get(oldestChange, []))?.id ?? undefined;
  }

  /** Tells the other gateways on this database, where there can be any. */
  tell(what: Told): void {
    this.#context.engine.signals?.tell(what);
  }

  /** Undefined: nobody else has this database. */
  listen(heard: (what: Heard) => void): Listening | undefined {
    return this.#context.engine.signals?.listen(heard);
  }

  /** Changes that no segment carries yet. */
  async waiting(): Promise<number> {
    return (await this.#context.engine.read.get(countWaiting, []))?.count ?? 0;
  }

  /** Fills this database, which is empty, as `fill` does. */
  fill(rows: () => AsyncIterable<Rows>): Promise<void> {
    return fill(this.#context.engine, rows);
  }

  /** As `allRows`, of this database. */
  rows(inPage: number): AsyncGenerator<Rows> {
    return allRows(this.#context.engine.read, inPage);
  }
}

function toHead(row: HeadRow | undefined): JournalHead | undefined {
  if (row === undefined) return undefined;
  const { journal, epoch, written, started, hash, continues } = row;
  return { journal, epoch, written, started, hash, continues: continues === "" ? undefined : continues };
}

function groupsOf(changes: readonly ChangeRow[]): readonly GroupKey[] {
  const groups = new Map<string, GroupKey>();
  for (const { row_number: number, row_text: text } of changes) groups.set(`${number} ${text}`, [number, text]);
  return [...groups.values()];
}

function runsOf(ids: readonly number[]): readonly [number, number][] {
  const runs: [number, number][] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === id - 1) run[1] = id;
    else runs.push([id, id]);
  }
  return runs;
}
