// What the journal carries is exactly what the database holds: a copy that was read while others wrote, and the
// segments since, give its state, on both engines and across them.
import { expect, it } from "vitest";
import { type Collected, JournalEnded, type JournalHead, JournalTaken } from "../../src/metadata/journal.ts";
import { type Metadata, openMetadata } from "../../src/metadata/metadata.ts";
import type { Staging } from "../../src/metadata/sqlite/staging.ts";
import { openPlace, type Place } from "../support/content.ts";
import { graceMs, makePostgres, makeSqlite, onBothEngines, postgresUrl, type Store } from "../support/engines.ts";
import { stage, tablesOf } from "../support/journal-scene.ts";

const LEASE_MS = 1_000;

async function begun({ journal }: Metadata): Promise<JournalHead> {
  await journal.begin("line", 0);
  const head = await journal.take("here", LEASE_MS);
  if (head === undefined) throw new Error("nobody else writes it");
  return head;
}

/** Every segment that there is, of `limit` changes each, put over what is staged. */
async function carry(
  { journal }: Metadata,
  head: JournalHead,
  staging: Staging,
  limit = 3,
): Promise<readonly Collected[]> {
  const carried: Collected[] = [];
  for (let next = await journal.collect(head, limit); next; next = await journal.collect(head, limit)) {
    for (const changed of next.changed) await staging.change(changed);
    await journal.settle(next, `hash of ${next.number}`, LEASE_MS);
    carried.push(next);
  }
  return carried;
}

async function copy(metadata: Metadata, staging: Staging): Promise<void> {
  for await (const rows of metadata.journal.rows(2)) await staging.add(rows);
}

async function begin({ metadata }: Store): Promise<Place> {
  const place = await openPlace(metadata);
  await metadata.backends.register("amsterdam", "11111111");
  await place.put("kept", "kept");
  await place.put("awkward \u{1f40b} '\"\\ \n", "x", {
    attributes: { metadata: { note: 'a "quoted" \u0001 \\u0000 note' }, tags: [{ key: "k", value: "ä" }] },
  });
  await place.put("overwritten", "one");
  await place.put("deleted", "deleted");
  return place;
}

async function goOn({ metadata }: Store, place: Place): Promise<void> {
  await place.put("overwritten", "two");
  await place.put("same as kept", "kept");
  await metadata.objects.delete(place.bucket.id, "deleted");
  await metadata.buckets.create({ name: "films", accountId: place.bucket.owner.id, location: "eu", settings: {} });
}

onBothEngines("the journal's rows", (store) => {
  it("are the database's after a copy that others wrote into, and the segments since", async () => {
    const { metadata } = store();
    const place = await begin(store());
    const head = await begun(metadata);
    await using staging = await stage();
    const pages = metadata.journal.rows(1);
    for (let page = 0; page < 9; page += 1) {
      const { value } = await pages.next();
      if (value) await staging.add(value);
    }
    await goOn(store(), place);
    for await (const rows of pages) await staging.add(rows);
    const segments = await carry(metadata, head, staging);
    expect(segments.map(({ number }) => number)).toEqual(segments.map((_, at) => at + 1));
    expect(segments.map(({ more }) => more)).toEqual(segments.map((_, at) => at + 1 < segments.length));
    expect(segments.length).toBeGreaterThan(3);
    expect(await tablesOf(staging.rows(3))).toEqual(await tablesOf(metadata.journal.rows(100)));
    expect(await metadata.journal.waiting()).toBe(0);
    expect(await metadata.journal.head()).toMatchObject({
      written: segments.length,
      hash: `hash of ${segments.length}`,
    });
  });

  it("are recorded from its beginning to its end, and not otherwise", async () => {
    const { metadata } = store();
    const place = await begin(store());
    expect(await metadata.journal.waiting()).toBe(0);
    const head = await begun(metadata);
    await place.put("recorded", "recorded");
    expect(await metadata.journal.waiting()).toBeGreaterThan(0);
    await metadata.journal.end();
    await place.put("not recorded", "not recorded");
    expect(await metadata.journal.waiting()).toBe(0);
    expect(await metadata.journal.take("here", LEASE_MS)).toBeUndefined();
    await expect(metadata.journal.collect(head, 10)).rejects.toThrow(JournalEnded);
    await expect(metadata.journal.newestChange()).rejects.toThrow(JournalEnded);
    // Another one, of the same epoch, is not written as if it were this one.
    await metadata.journal.begin("next", 0);
    expect((await metadata.journal.take("there", LEASE_MS))?.epoch).toBe(head.epoch);
    await place.put("recorded again", "recorded again");
    await expect(metadata.journal.collect(head, 10)).rejects.toThrow(JournalTaken);
  });

  it("belong to one journal when gateways begin it at once on an empty database", async () => {
    const { metadata, openAnother } = store();
    const both = [metadata.journal, (await openAnother()).journal];
    await Promise.all(both.map((journal, at) => journal.beginFirst(`line ${at}`)));
    const [head, seen] = await Promise.all(both.map((journal) => journal.head()));
    expect(head?.journal).toMatch(/^line [01]$/);
    expect(seen).toEqual(head);
    await metadata.journal.beginFirst("later");
    expect(await metadata.journal.head()).toEqual(head);
  });

  it("are collected again until they are settled, together with what came since", async () => {
    const { metadata } = store();
    const place = await begin(store());
    const head = await begun(metadata);
    await place.put("first", "first");
    const lost = await metadata.journal.collect(head, 100);
    await place.put("second", "second");
    const again = await metadata.journal.collect(head, 100);
    expect(again?.number).toBe(lost?.number);
    const keys = again?.changed.find(({ table }) => table === "objects");
    expect(keys?.rows.map((row) => row[keys.columns.indexOf("key")])).toEqual(["first", "second"]);
  });

  it("are written by one writer at a time, and by who took over only", async () => {
    const { metadata, clock, openAnother } = store();
    const other = await openAnother();
    const place = await begin(store());
    const head = await begun(metadata);
    await place.put("k", "k");
    const collected = await metadata.journal.collect(head, 100);
    if (collected === undefined) throw new Error("something changed");
    expect(await other.journal.take("there", LEASE_MS)).toBeUndefined();
    clock.advance(LEASE_MS + 1);
    expect(await other.journal.take("there", LEASE_MS)).toMatchObject({ epoch: head.epoch + 1, written: 0 });
    await expect(metadata.journal.settle(collected, "hash", LEASE_MS)).rejects.toThrow(JournalTaken);
    await expect(metadata.journal.collect(head, 100)).rejects.toThrow(JournalTaken);
    expect((await other.journal.collect({ ...head, epoch: head.epoch + 1 }, 100))?.runs).toEqual(collected.runs);
  });

  it("fill a database of either engine, which goes on from there", async () => {
    const { metadata } = store();
    const place = await begin(store());
    const head = await begun(metadata);
    await using staging = await stage();
    await copy(metadata, staging);
    await goOn(store(), place);
    await carry(metadata, head, staging, 100);
    const expected = await tablesOf(metadata.journal.rows(100));
    for (const make of [makeSqlite, ...(postgresUrl ? [() => makePostgres(postgresUrl ?? "")] : [])]) {
      const database = await make();
      const options = { now: store().clock.now, graceMs, cacheRows: 0 };
      const filled = await openMetadata({ engine: database.engine, ...options });
      await filled.journal.fill(() => staging.rows(2));
      expect(await tablesOf(filled.journal.rows(3))).toEqual(expected);
      expect(await filled.stats.report(2)).toEqual(await metadata.stats.report(2));
      await expect(filled.journal.fill(() => staging.rows(2))).rejects.toThrow("not empty");
      expect((await filled.objects.find("pictures", "overwritten")).found?.object.size).toBe(3);
      await filled.accounts.ensure("bob");
      await filled.close();
      await database.remove();
    }
  });
});
