// Which keys come into quarantine and leave it: whatever knows a key keeps it out, and is asked again before the end.
import { beforeEach, expect, it } from "vitest";
import { everyKind, openPlace, type Place } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";

const ALL = { after: "", to: "blobs0" };
const AT = "paris";

onBothEngines("The quarantine", (store) => {
  let place: Place;
  beforeEach(async () => {
    place = await openPlace(store().metadata);
  });
  const inside = async () =>
    (await store().metadata.quarantine.list(AT, 10_000)).map(({ storageKey, size }) => [storageKey, size]);
  const settle = (...keys: readonly string[]) =>
    store().metadata.inventory.settle(
      AT,
      ALL,
      keys.map((key) => ({ key, size: key.length })),
    );
  /** Past every check. */
  const force = (...keys: readonly string[]) =>
    store().look((knex) =>
      knex("quarantine").insert(keys.map((key) => ({ backend: AT, storage_key: key, size: 1, found_at: 0 }))),
    );

  /** A key of each kind that is known on `AT`. */
  async function known(): Promise<readonly string[]> {
    const { metadata } = store();
    const reserved = await metadata.keyReservations.reserve(place.writerId, 2);
    const [storageKey = ""] = reserved;
    const upload = {
      bucketId: place.bucket.id,
      key: "in parts",
      accountId: place.bucket.owner.id,
      storageKey,
      attributes: { metadata: {} },
      checksumAlgorithm: undefined,
      checksumType: undefined,
      dedup: "account",
      backends: [],
      touched: [],
    } as const;
    await metadata.uploads.create(upload);
    const content = await place.fresh("good", { backends: [AT], touched: ["other"] });
    await place.put("good", "good", { content });
    const lost = await place.fresh("lost", { backends: ["other"], touched: [AT] });
    await place.put("lost", "lost", { content: lost });
    return [...reserved, content.storageKey, lost.storageKey];
  }

  it("takes what nobody knows there, once, and keeps the time of the first look", async () => {
    const elsewhere = await place.fresh("elsewhere", { backends: ["other"] });
    await place.put("elsewhere", "elsewhere", { content: elsewhere });
    await settle("blobs/aa/1", elsewhere.storageKey);
    const first = await store().metadata.quarantine.list(AT, 10);
    expect(first.map(({ storageKey }) => storageKey).sort()).toEqual(["blobs/aa/1", elsewhere.storageKey].sort());
    store().clock.advance(1000);
    await settle("blobs/aa/1", elsewhere.storageKey);
    expect(await store().metadata.quarantine.list(AT, 10)).toEqual(first);
    expect(await store().metadata.quarantine.totals("other")).toEqual({ keys: 0, bytes: 0, unconfirmed: 0 });
  });

  it("takes nothing that a writer, an upload or a replica row knows there", async () => {
    await settle(...(await known()), "blobs/aa/1");
    expect(await inside()).toEqual([["blobs/aa/1", 10]]);
  });

  it("takes nothing that a job will delete there", async () => {
    const { jobs } = store().metadata;
    const grace = new Date(store().clock.now().getTime() + 86_400_000);
    const drop = (n: number, ...backends: readonly string[]) =>
      jobs.add({ kind: "drop", storageKey: `blobs/aa/${n}`, backends }, grace);
    await drop(1);
    await drop(2, AT);
    await drop(3, "other", AT, "third");
    await drop(4, "other", `${AT}-too`);
    await drop(55);
    await settle(...[1, 2, 3, 4, 5].map((n) => `blobs/aa/${n}`));
    expect((await inside()).map(([key]) => key)).toEqual(["blobs/aa/4", "blobs/aa/5"]);
  });

  it("gives out nothing that became known, and keeps no row of it", async () => {
    const keys = await known();
    await force(...keys, "blobs/aa/1");
    expect(await store().metadata.quarantine.judge(AT, [...keys, "blobs/aa/1"])).toEqual({
      strays: ["blobs/aa/1"],
      settled: keys.length,
    });
    expect(await inside()).toEqual([["blobs/aa/1", 1]]);
  });

  it("gives the bytes of a blob without a row there one, which is lost since it was found, and a trim job", async () => {
    const { metadata, clock } = store();
    const content = await place.fresh("elsewhere", { backends: ["other", "third"] });
    await place.put("elsewhere", "elsewhere", { content });
    await settle(content.storageKey);
    const foundAt = clock.now();
    clock.advance(5000);
    expect(await metadata.quarantine.judge(AT, [content.storageKey])).toEqual({ strays: [], settled: 1 });
    const { id, replicas } = await place.blobOf("elsewhere");
    expect(replicas.find(({ backend }) => backend === AT)).toEqual({ backend: AT, state: "lost", verifiedAt: foundAt });
    expect((await metadata.jobs.claim(["trim"], 1000))?.work).toEqual({ kind: "trim", blobId: id });
    expect(await inside()).toEqual([]);
  });

  it("keeps the bytes of a blob that is being deleted for the next look", async () => {
    const { metadata, clock } = store();
    const content = await place.fresh("gone", { backends: ["other"] });
    await place.put("gone", "gone", { content });
    await metadata.objects.delete(place.bucket.id, "gone");
    clock.advance(60_000);
    const [blob] = await metadata.blobs.takeReclaimable(10);
    await settle(content.storageKey);
    expect(await metadata.quarantine.judge(AT, [content.storageKey])).toEqual({ strays: [], settled: 0 });
    await metadata.blobs.settleReclaimed([{ blobId: blob?.id ?? 0, gone: ["other"] }], clock.now());
    expect(await metadata.quarantine.judge(AT, [content.storageKey])).toEqual({
      strays: [content.storageKey],
      settled: 0,
    });
  });

  it("is settled window by window, however many keys there are", async () => {
    const keys = Array.from({ length: 2500 }, (_, at) => `blobs/aa/${String(at).padStart(5, "0")}`);
    await settle(...keys);
    const { inventory, quarantine } = store().metadata;
    expect(await quarantine.totals(AT)).toMatchObject({ keys: 2500, unconfirmed: 2500 });
    await inventory.settle(AT, { after: keys[99] ?? "", to: keys[2399] ?? "" }, []);
    expect((await inside()).map(([key]) => key)).toEqual([...keys.slice(0, 100), ...keys.slice(2400)]);
    expect(await quarantine.confirm(AT)).toBe(200);
    expect(await quarantine.confirm(AT)).toBe(0);
    expect(await quarantine.totals(AT)).toMatchObject({ keys: 200, unconfirmed: 0 });
    expect(await quarantine.due(AT, store().clock.now(), false, 10)).toEqual([]);
    expect(await quarantine.due(AT, store().clock.now(), true, 10)).toHaveLength(10);
    await quarantine.forget(AT, keys);
    expect(await inside()).toEqual([]);
  });

  it("has what the rows say in order of key, with blobs that are elsewhere and some that need not be there", async () => {
    const { metadata } = store();
    const made = [
      await place.fresh("1", { backends: [AT] }),
      await place.fresh("2", { backends: ["other"], touched: [AT] }),
      await place.fresh("3", { backends: ["other"] }),
      await place.fresh("4", { backends: [AT] }),
    ];
    for (const [at, content] of made.entries()) await place.put(`key ${at}`, String(at + 1), { content });
    await metadata.objects.delete(place.bucket.id, "key 3");
    const expected = [
      [true, true],
      [true, false],
      [false, false],
      [true, false],
    ].map(([isNamed, isPromised], at) => ({ storageKey: made[at]?.storageKey ?? "", isNamed, isPromised }));
    expected.sort((a, b) => (a.storageKey < b.storageKey ? -1 : 1));
    const rows = await metadata.inventory.rows(AT, ALL, 10);
    expect(rows.map(({ storageKey, isNamed, isPromised }) => ({ storageKey, isNamed, isPromised }))).toEqual(expected);
    const [first = "", second = "", third = ""] = expected.map(({ storageKey }) => storageKey);
    const keysOf = async (after: string, to: string, limit: number) =>
      (await metadata.inventory.rows(AT, { after, to }, limit)).map(({ storageKey }) => storageKey);
    expect(await keysOf(first, third, 10)).toEqual([second, third]);
    expect(await keysOf(first, "blobs0", 1)).toEqual([second]);
  });

  it("is reported by the last complete walk, also while another is under way", async () => {
    const { metadata, clock } = store();
    const found = { walkedAt: 5, replicas: 9, quarantined: 3, bytes: 30 };
    await metadata.jobs.add({ kind: "inventory", backend: "new" });
    await metadata.jobs.add({ kind: "inventory", backend: AT, found: { ...found, heldAt: 4 }, after: "blobs/7" });
    await metadata.jobs.add({ kind: "inventory", backend: "other", found });
    const common = { walkedAt: new Date(5), quarantined: 3, bytes: 30 };
    expect(await metadata.inventories()).toEqual([
      { backend: "other", ...common, isHeld: false },
      { backend: AT, ...common, isHeld: true },
    ]);
    clock.advance(1);
    expect(await metadata.jobs.claim(everyKind, 1000)).toMatchObject({ work: { kind: "inventory" } });
  });
});
