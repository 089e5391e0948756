/**
 * Physical names: `blobs/ab/<random>`, reserved before any byte is written under them, so that what a crash leaves can
 * be found and dropped.
 */
import { randomBytes } from "node:crypto";
import { S3Error } from "../errors.ts";
import type { MetadataContext } from "./context.ts";
import { type Connection, statement } from "./engine.ts";
import { addJob } from "./jobs.ts";

const lockWriter = statement("writer-lock", "SELECT writer_id FROM writers WHERE writer_id = ? FOR UPDATE");
const saveWriter = statement<never>(
  "writer-save",
  "INSERT INTO writers (writer_id, lease_until) VALUES (?, ?) ON CONFLICT (writer_id) DO UPDATE SET lease_until = excluded.lease_until",
);
const insertName = statement<never>(
  "name-add",
  "INSERT INTO names (name, writer_id) SELECT ?, writer_id FROM writers WHERE writer_id = ?",
);
const deleteName = statement<never>("name-release", "DELETE FROM names WHERE name = ?");
const nameInUse = statement<{ name: string }>(
  "name-in-use",
  "SELECT name FROM blobs WHERE name = ? UNION ALL SELECT name FROM uploads WHERE name = ?",
);
const lockOver = statement(
  "writers-over-lock",
  "SELECT writer_id FROM writers WHERE lease_until < ? ORDER BY writer_id FOR UPDATE",
);
const takeLeftovers = statement<{ name: string }>(
  "names-left-over",
  "DELETE FROM names WHERE writer_id IN (SELECT writer_id FROM writers WHERE lease_until < ?) RETURNING name",
);
const forgetWriters = statement<never>(
  "writers-forget",
  "DELETE FROM writers WHERE lease_until < ? AND NOT EXISTS (SELECT 1 FROM names WHERE names.writer_id = writers.writer_id)",
);
const forgetWriter = statement<never>(
  "writer-forget",
  "DELETE FROM writers WHERE writer_id = ? AND NOT EXISTS (SELECT 1 FROM names WHERE names.writer_id = writers.writer_id)",
);
const endLease = statement<never>("writer-end", "UPDATE writers SET lease_until = ? WHERE writer_id = ?");

/**
 * Takes a reserved name over in the caller's transaction. False: the reservation has lapsed, and its bytes may be on
 * their way out.
 */
export async function takeKey(c: Connection, name: string): Promise<boolean> {
  return (await c.run(deleteName, [name])) > 0;
}

export class KeyReservations {
  readonly #context: MetadataContext;

  constructor(context: MetadataContext) {
    this.#context = context;
  }

  /** Registers this process; its reservations count as leftovers when its lease has been over for the grace. */
  async openWriter(leaseMs: number): Promise<string> {
    const writerId = randomBytes(12).toString("hex");
    await this.renewWriter(writerId, leaseMs);
    return writerId;
  }

  /** Also brings back a writer that was forgotten while it slept. */
  async renewWriter(writerId: string, leaseMs: number): Promise<void> {
    const until = this.#context.now().getTime() + leaseMs;
    await this.#context.engine.transact((c) => c.run(saveWriter, [writerId, until]));
  }

  /** New names, durable before this resolves. Throws SlowDown when the writer was forgotten: renew it first. */
  async reserve(writerId: string, count: number): Promise<readonly string[]> {
    const names = Array.from({ length: count }, newName);
    await this.#context.engine.transact(async (c) => {
      for (const name of names) {
        if ((await c.run(insertName, [name, writerId])) === 0)
          throw new S3Error("SlowDown", {}, { cause: new Error(`writer ${writerId} is not registered`) });
      }
    });
    return names;
  }

  /** Of names under which nothing was ever written. */
  async release(names: readonly string[]): Promise<void> {
    await this.#context.engine.transact(async (c) => {
      for (const name of [...names].sort()) await c.run(deleteName, [name]);
    });
  }

  /**
   * Hands a name whose write failed over to a drop job: its bytes are deleted from every backend. A name that a blob or
   * an upload bears by now (its commit succeeded though the answer was lost) is left alone.
   */
  async discard(name: string): Promise<void> {
    const now = this.#context.now();
    await this.#context.engine.transact(async (c) => {
      await c.run(deleteName, [name]);
      if ((await c.get(nameInUse, [name, name])) !== undefined) return;
      await addJob(c, { kind: "drop", name, backends: [] }, now, now);
    });
  }

  /**
   * Turns the reservations of writers whose lease ended before `before` into drop jobs, and forgets those writers.
   * Returns how many names.
   */
  discardLeftovers(before: Date): Promise<number> {
    const now = this.#context.now();
    return this.#context.engine.transact(async (c) => {
      await c.lock(lockOver, [before.getTime()]);
      const names = await c.all(takeLeftovers, [before.getTime()]);
      for (const { name } of names) await addJob(c, { kind: "drop", name, backends: [] }, now, now);
      await c.run(forgetWriters, [before.getTime()]);
      return names.length;
    });
  }

  /**
   * Ends this writer: unused names are released by the caller first; what is still reserved counts as left over from
   * now on.
   */
  async closeWriter(writerId: string): Promise<void> {
    const now = this.#context.now().getTime();
    await this.#context.engine.transact(async (c) => {
      await c.lock(lockWriter, [writerId]);
      if ((await c.run(forgetWriter, [writerId])) === 0) await c.run(endLease, [now, writerId]);
    });
  }
}

function newName(): string {
  const id = randomBytes(18).toString("hex");
  return `blobs/${id.slice(0, 2)}/${id.slice(2)}`;
}
