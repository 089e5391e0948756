// The files of a journal are kept in order on its backends: all of them on each, and none that nothing needs.
import { expect, it } from "vitest";
import { tend } from "../../src/journal/tend.ts";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import {
  beginJournal,
  type FailingStore,
  failingStore,
  KEYS,
  replayed,
  tablesOf,
  writeJournal,
} from "../support/journal-scene.ts";

const HOUR_MS = 3_600_000;

async function namesOn(store: FailingStore): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of store.list("journal/")) names.push(name.replace("journal/line/", ""));
  return names;
}

onBothEngines("the files of a journal", (store) => {
  it("come whole to a backend that lacked some, or all", async () => {
    const { metadata, clock } = store();
    const [a, b, c] = [failingStore("a"), failingStore("b"), failingStore("c")] as const;
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    await place.put("1", "1");
    await writer.write();
    await writer.close();
    b.down = true;
    const moved = writeJournal(metadata, { stores: [a, b, c], now: clock.now });
    await place.put("2", "2");
    await moved.writer.write();
    b.down = false;
    const options = { journal: "line", keys: KEYS, keepSince: new Date(0) };
    expect((await tend({ ...options, stores: [a, b, c] })).deleted).toBe(0);
    for (const from of [a, b, c])
      expect((await replayed([from])).tables).toEqual(await tablesOf(metadata.journal.rows(100)));
    expect(await tend({ ...options, stores: [a, b, c] })).toMatchObject({ copied: 0, deleted: 0 });
  });

  it("come home from a backend that took them while others were away, and go there", async () => {
    const { metadata, clock } = store();
    const [a, b, c] = [failingStore("a"), failingStore("b"), failingStore("c")] as const;
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores: [a, b, c], now: clock.now, fewest: 1 });
    const written = async (key: string, ...away: readonly FailingStore[]) => {
      for (const one of [a, b, c]) one.down = away.includes(one);
      await place.put(key, key);
      await writer.write();
    };
    await written("1", b);
    await written("2", a, b);
    await written("3");
    await c.put("journal/line/manifest.json", Buffer.from("of then"));
    const options = { journal: "line", keys: KEYS, keepSince: new Date(0), stores: [a, b], others: [c] };
    c.down = true;
    expect(await tend({ ...options, clearsOthers: true })).toMatchObject({ copied: 1, deleted: 0 });
    c.down = false;
    expect(await tend(options)).toMatchObject({ copied: 2, deleted: 0 });
    expect(await namesOn(c)).toHaveLength(3);
    await tend({ ...options, clearsOthers: true });
    expect(await namesOn(c)).toEqual(["manifest.json"]);
    for (const one of [a, b]) await one.put("journal/line/manifest.json", Buffer.from("of now"));
    await tend({ ...options, clearsOthers: true });
    expect(await namesOn(c)).toEqual([]);
    for (const from of [a, b])
      expect((await replayed([from])).tables).toEqual(await tablesOf(metadata.journal.rows(100)));
  });

  it("go when no snapshot that is kept needs them, and the two newest snapshots stay", async () => {
    const { metadata, clock } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const place = await openPlace(metadata);
    const scene = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    const times: Date[] = [];
    for (const key of ["1", "2", "3", "4"]) {
      clock.advance(HOUR_MS);
      await place.put(key, key);
      await scene.snapshot();
      times.push(clock.now());
    }
    const stores = [a, b];
    const [, second = new Date(), , fourth = new Date()] = times;
    const options = { journal: "line", keys: KEYS, stores };
    await tend({ ...options, keepSince: second });
    expect((await namesOn(a)).filter((name) => name.endsWith("index"))).toHaveLength(3);
    expect((await replayed([b], { until: second })).at).toEqual(second);
    await tend({ ...options, keepSince: new Date(fourth.getTime() + HOUR_MS) });
    expect(await namesOn(b)).toEqual([
      "segments/000000000004-00000001",
      "snapshots/000000000003-00000001/000000",
      "snapshots/000000000003-00000001/index",
      "snapshots/000000000004-00000001/000000",
      "snapshots/000000000004-00000001/index",
    ]);
    expect(await namesOn(a)).toEqual(await namesOn(b));
    expect((await replayed([a])).tables).toEqual(await tablesOf(metadata.journal.rows(100)));
  });

  it("of a snapshot that was never finished go once a later one was", async () => {
    const { metadata, clock } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const place = await openPlace(metadata);
    const scene = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    const left = "journal/line/snapshots/000000000000-00000009/000000";
    await a.put(left, Buffer.from("half of it"));
    const options = { journal: "line", keys: KEYS, stores: [a, b], keepSince: clock.now() };
    await tend(options);
    expect(await namesOn(a)).toContain(left.replace("journal/line/", ""));
    await place.put("1", "1");
    await scene.snapshot();
    await tend(options);
    expect(await namesOn(a)).not.toContain(left.replace("journal/line/", ""));
  });

  it("stay when a snapshot does not open: nobody knows then what is needed", async () => {
    const { metadata, clock } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const scene = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    const place = await openPlace(metadata);
    await place.put("1", "1");
    await scene.snapshot();
    const before = await namesOn(a);
    await a.put("journal/line/snapshots/000000000000-00000001/index", Buffer.from("damaged"));
    const options = { journal: "line", keys: KEYS, stores: [a, b], keepSince: new Date(clock.now().getTime() + 1) };
    await expect(tend(options)).rejects.toThrow("is cut, or is no file of a journal");
    expect(await namesOn(a)).toEqual(before);
  });
});
