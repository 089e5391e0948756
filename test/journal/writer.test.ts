// Who writes the journal, where to, and what a store or a gateway that fails leaves behind.
import { expect, it } from "vitest";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { beginJournal, failingStore, replayed, tablesOf, writeJournal } from "../support/journal-scene.ts";

const LEASE_MS = 60_000;

onBothEngines("the journal's writer", (store) => {
  it("writes nothing when nothing has changed, and one segment for what changed at once", async () => {
    const { metadata, clock } = store();
    const stores = [failingStore("a"), failingStore("b")];
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores, now: clock.now });
    const before = stores[0]?.puts.length;
    await writer.write();
    expect(stores[0]?.puts.length).toBe(before);
    await Promise.all(["1", "2", "3"].map((key) => place.put(key, key)));
    await Promise.all([writer.write(), writer.write(), writer.write()]);
    expect(writer.state()).toMatchObject({ head: { written: 1 }, writtenTo: ["a", "b"], reason: undefined });
  });

  it("takes the next backend for one that fails, and says when too few take it", async () => {
    const { metadata, clock } = store();
    const [a, b, c] = [failingStore("a"), failingStore("b"), failingStore("c")] as const;
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores: [a, b, c], now: clock.now });
    a.down = true;
    await place.put("1", "1");
    await writer.write();
    expect(writer.state()).toMatchObject({ writtenTo: ["b", "c"], head: { written: 1 } });
    b.down = true;
    await place.put("2", "2");
    await expect(writer.write()).rejects.toMatchObject({ fault: "unavailable" });
    expect(writer.state()).toMatchObject({ head: { written: 1 }, reason: expect.stringContaining("unavailable") });
    expect(await metadata.journal.waiting()).toBeGreaterThan(0);
  });

  it("tries again with the same bytes, so that one name never has two contents", async () => {
    const { metadata, clock } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    b.down = true;
    await place.put("1", "1");
    await expect(writer.write()).rejects.toThrow();
    await place.put("2", "2");
    b.down = false;
    await writer.write();
    const first = [...a.puts, ...b.puts].filter(({ name }) => name.endsWith("segments/000000000001-00000001"));
    expect(first.length).toBe(4);
    expect(new Set(first.map(({ bytes }) => bytes.toString("hex"))).size).toBe(1);
    expect((await replayed([b])).tables).toEqual(await tablesOf(metadata.journal.rows(100)));
  });

  it("writes to fewer where it may", async () => {
    const { metadata, clock } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores: [a, b], now: clock.now, fewest: 1 });
    b.down = true;
    await place.put("1", "1");
    await writer.write();
    expect(writer.state()).toMatchObject({ writtenTo: ["a"], reason: undefined });
  });

  it("carries again what another left unsettled, in its own epoch, and restores take that", async () => {
    const { metadata, clock, openAnother } = store();
    const stores = [failingStore("a"), failingStore("b")];
    const place = await openPlace(metadata);
    await beginJournal(metadata, { stores, now: clock.now });
    await place.put("1", "1");
    const left = await metadata.journal.collect({ journal: "line", epoch: 1 }, 100);
    expect(left?.number).toBe(1);
    clock.advance(LEASE_MS + 1);
    const other = await openAnother();
    await place.put("2", "2");
    const { writer } = writeJournal(other, { stores, now: clock.now });
    await writer.write();
    expect(writer.state().head).toMatchObject({ epoch: 2, written: 1 });
    expect((await replayed(stores)).tables).toEqual(await tablesOf(metadata.journal.rows(100)));
  });

  it("gives up what it sealed before another took over, and writes it in its own next epoch", async () => {
    const { metadata, clock, openAnother } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const place = await openPlace(metadata);
    const first = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    b.down = true;
    await place.put("1", "1");
    await expect(first.writer.write()).rejects.toThrow();
    b.down = false;
    clock.advance(LEASE_MS + 1);
    const second = writeJournal(await openAnother(), { stores: [a, b], now: clock.now });
    await second.writer.write();
    clock.advance(LEASE_MS + 1);
    await place.put("2", "2");
    await first.writer.write();
    expect(first.writer.state().head).toMatchObject({ epoch: 3, written: 2 });
    const state = await replayed([a, b]);
    expect(state).toMatchObject({ findings: [], unused: 0, number: 2 });
    expect(state.tables).toEqual(await tablesOf(metadata.journal.rows(100)));
  });

  it("stops when another has taken over", async () => {
    const { metadata, clock, openAnother, kind } = store();
    const stores = [failingStore("a"), failingStore("b")];
    const place = await openPlace(metadata);
    const first = await beginJournal(metadata, { stores, now: clock.now });
    const second = writeJournal(await openAnother(), { stores, now: clock.now });
    await place.put("1", "1");
    // Of a SQLite database the other one can only be a process that died.
    if (kind === "postgres") await expect(second.writer.write()).rejects.toThrow("another gateway writes it");
    clock.advance(LEASE_MS + 1);
    await second.writer.write();
    await place.put("2", "2");
    await expect(first.writer.write()).rejects.toThrow("another gateway writes it");
    expect(first.writer.state().head).toBeUndefined();
    await second.writer.write();
    expect((await replayed(stores)).tables).toEqual(await tablesOf(metadata.journal.rows(100)));
  });

  it("is not taken for older than what another one writes while it looks", async () => {
    const { metadata, clock, openAnother, kind } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const place = await openPlace(metadata);
    const first = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    let isListed = false;
    const busy: typeof a = {
      ...a,
      async *list(prefix) {
        if (!isListed) {
          isListed = true;
          await place.put("1", "1");
          await first.writer.write();
        }
        yield* a.list(prefix);
      },
    };
    const second = writeJournal(await openAnother(), { stores: [busy, b], now: clock.now });
    // Of a SQLite database the other one can only be a process that died.
    if (kind === "postgres") await expect(second.writer.write()).rejects.toThrow("another gateway writes it");
    clock.advance(LEASE_MS + 1);
    await place.put("2", "2");
    await second.writer.write();
    expect(second.writer.state()).toMatchObject({ older: undefined, head: { epoch: 2 } });
  });

  it("begins nothing while two backends are away, which may have what this database lacks", async () => {
    const { metadata, clock } = store();
    const stores = [failingStore("a"), failingStore("b")];
    await openPlace(metadata);
    await metadata.journal.begin("line", 0);
    const early = writeJournal(metadata, { stores, now: clock.now, away: 2 });
    await expect(early.writer.write()).rejects.toThrow("2 backends are away that may have it");
    expect(early.writer.state()).toMatchObject({ head: undefined, checked: false });
    for (const one of stores) expect(one.puts).toEqual([]);
    await writeJournal(metadata, { stores, now: clock.now }).writer.write();
  });

  it("writes nothing from a database that is older than what stands on the backends", async () => {
    const { metadata, clock, openAnother, look } = store();
    const stores = [failingStore("a"), failingStore("b")];
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores, now: clock.now });
    await place.put("1", "1");
    await writer.write();
    clock.advance(LEASE_MS + 1);
    // As after a start from yesterday's file.
    await look((knex) => knex("journal_head").update({ written: 0, started: 0, hash: "" }));
    const late = writeJournal(await openAnother(), { stores, now: clock.now });
    await expect(late.writer.write()).rejects.toThrow("segment 1 of journal line");
    expect(late.writer.state().older).toMatchObject({ journal: "line", number: 1, epoch: 1 });
    // An operator agrees.
    await metadata.journal.begin("another", 1);
    await place.put("2", "2");
    await late.writer.write();
    expect(late.writer.state()).toMatchObject({ older: undefined, head: { journal: "another", epoch: 2, written: 1 } });
  });
});
