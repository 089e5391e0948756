// A lost database comes back from what stands on any backend, and whatever is wrong there is told by name.
import { expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { journalKeys } from "../../src/journal/journal-keys.ts";
import type { JournalStore, StoredFile } from "../../src/journal/journal-store.ts";
import { manifestName, segmentName } from "../../src/journal/names.ts";
import { NothingToReplay } from "../../src/journal/replay.ts";
import { readJournal } from "../../src/journal/restore.ts";
import { openSegment, sealSegment } from "../../src/journal/segment.ts";
import { SCHEMA } from "../../src/metadata/migrate.ts";
import { openPlace, type Place } from "../support/content.ts";
import { onBothEngines, type Store } from "../support/engines.ts";
import { beginJournal, failingStore, KEYS, replayed, stage, tablesOf, writeJournal } from "../support/journal-scene.ts";

interface Written {
  readonly place: Place;
  readonly stores: readonly [JournalStore, JournalStore];
  readonly rows: Awaited<ReturnType<typeof tablesOf>>;
}

/** A snapshot of two objects, and the segments 1 to 5 with one more each; both backends have all of it. */
async function write({ metadata, clock }: Store): Promise<Written> {
  const stores = [failingStore("amsterdam"), failingStore("toronto")] as const;
  const place = await openPlace(metadata);
  await place.put("kept", "kept");
  await place.put("overwritten", "one");
  const { writer } = await beginJournal(metadata, { stores, now: clock.now });
  for (const key of ["1", "2", "overwritten", "4", "5"]) {
    clock.advance(1_000);
    await place.put(key, `content of ${key}`);
    await writer.write();
  }
  return { place, stores, rows: await tablesOf(metadata.journal.rows(100)) };
}

const segment = (number: number, epoch = 1) => segmentName("line", { number, epoch });

async function fileAt(store: JournalStore, name: string): Promise<StoredFile> {
  for await (const file of store.list(name)) if (file.name === name) return file;
  throw new Error(`${store.name} has no ${name}`);
}

async function change(store: JournalStore, name: string, how: (bytes: Buffer) => Buffer): Promise<void> {
  await store.put(name, how(Buffer.from(await store.read(await fileAt(store, name)))));
}

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

const keysOf = ({ tables }: Awaited<ReturnType<typeof replayed>>) =>
  tables["objects"]?.map((row) => (row as { key: string }).key);

onBothEngines("a journal", (store) => {
  it("gives the database's state, from either backend alone", async () => {
    const { stores, rows } = await write(store());
    for (const from of stores) {
      const state = await replayed([from]);
      expect(state.tables).toEqual(rows);
      expect(state).toMatchObject({ number: 5, epoch: 1, findings: [], unused: 0, at: store().clock.now() });
    }
  });

  it("gives the state of an earlier time", async () => {
    const { stores } = await write(store());
    const until = new Date(store().clock.now().getTime() - 2_000);
    const state = await replayed(stores, { until });
    expect(state).toMatchObject({ number: 3, findings: [], unused: 0, at: until });
    expect(keysOf(state)).toEqual(["kept", "overwritten", "1", "2"]);
    await expect(replayed(stores, { until: new Date(until.getTime() - 10_000) })).rejects.toThrow(NothingToReplay);
  });

  it("of a newer schema is refused in words, and read as it was before that", async () => {
    const { stores, place } = await write(store());
    const { metadata, clock } = store();
    const before = clock.now();
    clock.advance(120_000);
    const newer = writeJournal(metadata, { stores, now: clock.now, schema: SCHEMA + 1 });
    await place.put("newer", "newer");
    await newer.writer.write();
    const words = `newer nearbucket: line has schema ${SCHEMA + 1} since ${clock.now().toISOString()} or before`;
    await expect(replayed(stores)).rejects.toThrow(words);
    expect(await replayed(stores, { until: before })).toMatchObject({ number: 5, at: before });
    await newer.snapshot();
    await expect(replayed(stores)).rejects.toThrow(words);
    expect(await replayed(stores, { until: before })).toMatchObject({ number: 5, at: before });
  });

  it("whose files have a newer form says so of each", async () => {
    const { stores } = await write(store());
    for (const one of stores)
      for await (const { name } of one.list("journal/line/snapshots/"))
        await change(one, name, (bytes) =>
          Buffer.from(bytes.toString("latin1").replace("journal 1", "journal 2"), "latin1"),
        );
    await expect(replayed(stores)).rejects.toThrow("index on toronto was written by a newer nearbucket, in a form 2");
  });

  it("goes on over the segments after its newest snapshot", async () => {
    const { stores, place } = await write(store());
    const { metadata, clock } = store();
    clock.advance(120_000);
    const scene = writeJournal(metadata, { stores, now: clock.now });
    await scene.snapshot();
    await place.put("later", "later");
    await scene.writer.write();
    const state = await replayed([stores[1]]);
    expect(state).toMatchObject({ number: 6, epoch: 2, findings: [] });
    expect(state.tables).toEqual(await tablesOf(metadata.journal.rows(100)));
  });

  it.each<[string, (written: Written, at: JournalStore) => Promise<unknown>, RegExp]>([
    ["is missing", (_, at) => at.delete(segment(3)), /^segment 3 is missing or does not open: 2 not used$/],
    [
      "is cut",
      (_, at) => change(at, segment(3), (bytes) => bytes.subarray(0, -1)),
      /0003-00000001 on amsterdam is cut/,
    ],
    ["is empty", (_, at) => change(at, segment(3), () => Buffer.alloc(0)), /0003-00000001 on amsterdam is cut/],
    ["is changed", (_, at) => change(at, segment(3), (bytes) => flipped(bytes, bytes.length - 5)), /is cut, changed/],
    ["is changed in its header", (_, at) => change(at, segment(3), (bytes) => flipped(bytes, 90)), /is cut, changed/],
    [
      "is another one's",
      async ({ stores: [, other] }, at) => at.put(segment(3), await other.read(await fileAt(other, segment(2)))),
      /0003-00000001 on amsterdam is another segment/,
    ],
    [
      "is another journal's",
      async (_, at) => {
        const header = { kind: "segment", journal: "other", epoch: 1, number: 3, previous: "" } as const;
        const times = { at: new Date().toISOString(), schema: 1, more: false };
        await at.put(segment(3), (await sealSegment({ ...header, ...times }, [], KEYS)).bytes);
      },
      /0003-00000001 on amsterdam is another segment/,
    ],
    [
      "is sealed by who has another key",
      async (_, at) => {
        const { header, changed } = await openSegment(await at.read(await fileAt(at, segment(3))), KEYS);
        const forger = journalKeys(["what somebody guessed"]);
        await at.put(segment(3), (await sealSegment(header, changed, forger)).bytes);
      },
      /0003-00000001 on amsterdam is sealed by the encryption key [0-9a-f]{16}, which is not here/,
    ],
    [
      "does not follow the one before",
      async (_, at) => {
        const { header, changed } = await openSegment(await at.read(await fileAt(at, segment(3))), KEYS);
        await at.put(segment(3), (await sealSegment({ ...header, previous: "0".repeat(64) }, changed, KEYS)).bytes);
      },
      /0003-00000001 on amsterdam does not follow the segment before it/,
    ],
  ])("tells when a segment %s, and the other backend's serves", async (_, damage, finding) => {
    const written = await write(store());
    const [damaged, whole] = written.stores;
    await damage(written, damaged);
    const alone = await replayed([damaged]);
    expect(alone.findings.join("\n")).toMatch(new RegExp(finding, "m"));
    expect(alone).toMatchObject({ number: 2, unused: expect.any(Number) });
    expect(alone.unused).toBeGreaterThanOrEqual(2);
    expect(keysOf(alone)).toEqual(["kept", "overwritten", "1", "2"]);
    const both = await replayed([damaged, whole]);
    expect(both).toMatchObject({ number: 5, unused: 0 });
    expect(both.tables).toEqual(written.rows);
  });

  it("tells when a chunk of the newest snapshot does not open, and takes the one before", async () => {
    const { stores, rows } = await write(store());
    const { metadata, clock } = store();
    clock.advance(120_000);
    await writeJournal(metadata, { stores, now: clock.now }).snapshot();
    for (const store of stores)
      await change(store, "journal/line/snapshots/000000000005-00000002/000000", (bytes) => flipped(bytes, 300));
    const state = await replayed(stores);
    expect(state.findings).toEqual([
      "journal/line/snapshots/000000000005-00000002/000000 on amsterdam is cut, changed or forged",
      "journal/line/snapshots/000000000005-00000002/000000 on toronto is cut, changed or forged",
    ]);
    expect(state.tables).toEqual(rows);
  });

  it("is restored whole although a manifest can no longer be read at the end, and that is told", async () => {
    const { stores, rows } = await write(store());
    const [amsterdam, toronto] = stores;
    for (const each of stores) await each.put(manifestName("line"), Buffer.from("{}"));
    const leaving = {
      ...toronto,
      async read(file: StoredFile) {
        if (file.name === manifestName("line")) throw new BackendError("toronto", "unavailable");
        return toronto.read(file);
      },
    };
    await using staging = await stage();
    const restored = await readJournal({ sources: [amsterdam, leaving], keys: KEYS, staging });
    expect(await tablesOf(staging.rows(100))).toEqual(rows);
    const findings = ["the manifest on toronto cannot be read: toronto: unavailable"];
    expect(restored).toMatchObject({ number: 5, unused: 0, findings });
  });

  it("takes no older chunk for a newer one", async () => {
    const { stores } = await write(store());
    const { metadata, clock } = store();
    const [first, second] = [failingStore("a"), failingStore("b")];
    clock.advance(120_000);
    await writeJournal(metadata, { stores: [first, second], now: clock.now })
      .snapshot()
      .catch(() => undefined);
    const chunk = "journal/line/snapshots/000000000000-00000001/000000";
    const older = await stores[0].read(await fileAt(stores[0], chunk));
    const newer = "journal/line/snapshots/000000000005-00000002/000000";
    await first.put(newer, older);
    await expect(replayed([first])).rejects.toMatchObject({
      findings: [`${newer} on a is another chunk's, or an older one`],
    });
  });
});
