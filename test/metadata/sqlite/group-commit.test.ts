// Shows I1, I3 of docs/durability.md.
import { open } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Engine, statement } from "../../../src/metadata/engine.ts";
import { openSqlite } from "../../../src/metadata/sqlite/engine.ts";
import { Clock, makeSqlite } from "../../support/engines.ts";

const insert = statement<never>("test-sqlite-insert", "INSERT INTO accounts (name) VALUES (?)");
const list = statement<{ name: string }>("test-sqlite-list", "SELECT name FROM accounts ORDER BY name");
const fill = statement<never>("test-sqlite-fill", "INSERT INTO accounts (name) SELECT ? || hex(randomblob(50000))");
const pages = statement<{ max_page_count: number }>("test-sqlite-pages", "PRAGMA max_page_count = 60");
const shrink = statement("test-sqlite-shrink", "PRAGMA shrink_memory");

describe("Group commit", () => {
  let database: Awaited<ReturnType<typeof makeSqlite>>;
  let engine: Engine;
  let fatal: unknown[];

  beforeEach(async () => {
    database = await makeSqlite();
    fatal = [];
    engine = await openSqlite({
      file: database.file,
      durable: true,
      now: new Clock().now,
      onFatal: (cause) => fatal.push(cause),
    });
  });
  afterEach(async () => {
    await engine.close();
    await database.remove();
  });

  const names = async () => (await engine.read.all(list, [])).map(({ name }) => name);
  const add = (name: string) => engine.transact((c) => c.run(insert, [name]));

  it("keeps every write of a batch except those of a work that fails after writing", async () => {
    const failure = new Error("changed its mind");
    const outcomes = await Promise.allSettled([
      add("a"),
      add("b"),
      engine.transact(async (c) => {
        await c.run(insert, ["never"]);
        throw failure;
      }),
      add("c"),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[2]).toMatchObject({ reason: failure });
    expect(await names()).toEqual(["a", "b", "c"]);
  });

  it("does not run neighbours again for a work that fails before it writes", async () => {
    let runs = 0;
    const neighbour = (name: string) =>
      engine.transact((c) => {
        runs++;
        return c.run(insert, [name]);
      });
    const outcomes = await Promise.allSettled([
      neighbour("a"),
      engine.transact(() => Promise.reject(new Error("no"))),
      neighbour("b"),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(runs).toBe(2);
  });

  it("lets a failed statement end its own work only", async () => {
    await add("a");
    const outcomes = await Promise.allSettled([add("b"), add("a"), add("c")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await names()).toEqual(["a", "b", "c"]);
  });

  it("shows nothing before the commit, and runs effects once, before the caller is answered", async () => {
    const events: string[] = [];
    let runs = 0;
    const written = engine.transact(async (c) => {
      runs++;
      await c.run(insert, [`run ${runs}`]);
      events.push(`inside: ${(await names()).length} visible`);
      c.afterCommit(() => events.push(`effect of run ${runs}`));
      return "answer";
    });
    const failing = engine.transact(async (c) => {
      await c.run(insert, ["never"]);
      c.afterCommit(() => events.push("effect of a failure"));
      throw new Error("changed its mind");
    });
    expect(await written.then((answer) => [...events, answer])).toEqual([
      "inside: 0 visible",
      "inside: 0 visible",
      "effect of run 2",
      "answer",
    ]);
    await expect(failing).rejects.toThrow("changed its mind");
  });

  it("refuses a call that its work did not await", async () => {
    let late: Promise<unknown> = Promise.resolve();
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    await engine.transact(async (c) => {
      late = gate.then(() => c.run(insert, ["late"]));
    });
    release();
    await expect(late).rejects.toThrow("not awaited");
    expect(await names()).toEqual([]);
  });

  it("waits for another program that is writing", async () => {
    await database.knex.raw("BEGIN IMMEDIATE");
    await database.knex.raw("INSERT INTO accounts (name) VALUES ('theirs')");
    const ours = add("ours");
    await database.knex.raw("COMMIT");
    await ours;
    expect(await names()).toEqual(["ours", "theirs"]);
  });

  it("stores nothing of a batch when the disk is full, reports it, and works again when there is room", async () => {
    await add("before");
    await engine.transact((c) => c.all(pages, []));
    const outcomes = await Promise.allSettled([
      add("first"),
      ...Array.from({ length: 9 }, (_, at) => engine.transact((c) => c.run(fill, [`${at}`]))),
      add("last"),
    ]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { code: "ServiceUnavailable", cause: { code: "SQLITE_FULL" } },
      });
    expect(await names()).toEqual(["before"]);
    expect(fatal).toEqual([]);
    await add("after");
    expect(await names()).toEqual(["after", "before"]);
  });

  it("ends a transaction after a full disk, even when its work ignores the error", async () => {
    await engine.transact((c) => c.all(pages, []));
    const stubborn = engine.transact(async (c) => {
      await c.run(insert, ["first"]);
      for (let at = 0; at < 9; at++) await c.run(fill, [`${at}`]).catch(() => undefined);
      await c.run(insert, ["second"]).catch(() => undefined);
      return "fine";
    });
    await expect(stubborn).rejects.toMatchObject({ code: "ServiceUnavailable" });
    expect(await names()).toEqual([]);
  });

  it("takes no further write once the file cannot be trusted", async () => {
    await engine.transact(async (c) => {
      for (let at = 0; at < 20; at++) await c.run(fill, [`${at}`]);
    });
    await database.knex.raw("PRAGMA wal_checkpoint(TRUNCATE)");
    const file = await open(database.file, "r+");
    const { size } = await file.stat();
    await file.write(Buffer.alloc(size - 4096, 0xff), 0, size - 4096, 4096);
    await file.close();
    await engine.transact((c) => c.all(shrink, []));
    await expect(add("a")).rejects.toMatchObject({ code: "ServiceUnavailable" });
    expect(fatal).toHaveLength(1);
    await expect(add("b")).rejects.toMatchObject({ code: "ServiceUnavailable", cause: fatal[0] });
    expect(fatal).toHaveLength(1);
  });

  it("finishes what waits when it is closed, and refuses the rest", async () => {
    const writes = Array.from({ length: 100 }, (_, at) => add(`k${at}`));
    await engine.close();
    await Promise.all(writes);
    await expect(add("late")).rejects.toMatchObject({ code: "ServiceUnavailable" });
    engine = await openSqlite({ file: database.file, durable: true, now: new Clock().now, onFatal: () => undefined });
    expect(await names()).toHaveLength(100);
  });
});
