// Shows I3, I5 of docs/durability.md.
import fc from "fast-check";
import { expect, it } from "vitest";
import { S3Error } from "../../src/errors.ts";
import type { Metadata } from "../../src/metadata/metadata.ts";
import { digestOf, etagOf, known, openPlace, type Place, through } from "../support/content.ts";
import { graceMs, onBothEngines, type Store } from "../support/engines.ts";
import { beginCompletion } from "../support/uploads.ts";

const keys = ["a", "b", "c", "d"];
const texts = ["", "x", "yy", "zzz"];

type Step =
  | { readonly step: "put" | "upload" | "replace"; readonly key: string; readonly text: string }
  | { readonly step: "copy"; readonly from: string; readonly to: string }
  | { readonly step: "delete"; readonly some: readonly string[] }
  | { readonly step: "putAll"; readonly text: string }
  | { readonly step: "digest"; readonly key: string }
  | { readonly step: "lose"; readonly key: string }
  | { readonly step: "reclaim"; readonly later: number };

const key = fc.constantFrom(...keys);
const text = fc.constantFrom(...texts);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ step: fc.constantFrom("put" as const, "upload" as const, "replace" as const), key, text }),
  fc.record({ step: fc.constant("copy" as const), from: key, to: key }),
  fc.record({ step: fc.constant("delete" as const), some: fc.array(key, { minLength: 1, maxLength: 3 }) }),
  fc.record({ step: fc.constant("putAll" as const), text }),
  fc.record({ step: fc.constant("digest" as const), key }),
  fc.record({ step: fc.constant("lose" as const), key }),
  fc.record({ step: fc.constant("reclaim" as const), later: fc.constantFrom(0, graceMs - 1, graceMs) }),
);

/** Takes one step in the store and in the model, which maps each key to the text it holds. */
async function take({ metadata, clock }: Store, place: Place, model: Map<string, string>, now: Step): Promise<void> {
  const { bucket, fresh, put } = place;
  switch (now.step) {
    case "put":
      await put(now.key, now.text);
      model.set(now.key, now.text);
      return;
    case "replace": {
      const before = model.get(now.key) === now.text ? await place.blobOf(now.key) : undefined;
      await put(now.key, now.text, { content: await fresh(now.text, { replaces: before?.id ?? 1 }) });
      model.set(now.key, now.text);
      return;
    }
    case "upload": {
      const content = await fresh(now.text, {
        digest: undefined,
        partSizes: [now.text.length],
        etag: etagOf(now.text),
      });
      const start = {
        bucketId: bucket.id,
        key: now.key,
        accountId: bucket.owner.id,
        storageKey: content.storageKey,
        attributes: { metadata: {} },
      };
      const upload = await metadata.uploads.create({
        ...start,
        checksumAlgorithm: undefined,
        checksumType: undefined,
        dedup: "account",
        backends: [],
        touched: [],
      });
      await metadata.uploads.complete(await beginCompletion(metadata, upload), {
        content,
        etag: content.etag,
        checksum: undefined,
        parts: [],
        condition: {},
      });
      model.set(now.key, now.text);
      return;
    }
    case "copy": {
      const from = model.get(now.from);
      if (from === undefined) return;
      await put(now.to, from, { content: known(await place.blobOf(now.from)) });
      model.set(now.to, from);
      return;
    }
    case "delete":
      await metadata.objects.deleteMany(
        bucket.id,
        now.some.map((each) => ({ key: each })),
      );
      for (const each of now.some) model.delete(each);
      return;
    case "putAll":
      await Promise.all(keys.map((each) => put(each, now.text)));
      for (const each of keys) model.set(each, now.text);
      return;
    case "digest": {
      const held = model.get(now.key);
      if (held !== undefined) await metadata.blobs.setDigest((await place.blobOf(now.key)).id, digestOf(held));
      return;
    }
    case "lose":
      if (model.has(now.key)) await metadata.blobs.setReplica((await place.blobOf(now.key)).id, "toronto", "lost");
      return;
    case "reclaim": {
      clock.advance(now.later);
      const inUse = new Set(await Promise.all([...model.keys()].map(async (each) => (await place.blobOf(each)).id)));
      for (const { id, replicas } of await metadata.blobs.takeReclaimable(10)) {
        expect(inUse).not.toContain(id);
        const gone = replicas.map(({ backend }) => backend);
        await metadata.blobs.settleReclaimed([{ blobId: id, gone }], clock.now());
      }
    }
  }
}

async function check(store: Store, model: ReadonlyMap<string, string>): Promise<void> {
  for (const each of keys) {
    const { found } = await store.metadata.objects.find("pictures", each);
    const held = model.get(each);
    expect(found?.object.etag).toBe(held === undefined ? undefined : etagOf(held));
    expect(found?.blob.size).toBe(held?.length);
  }
  await checkCounts(store);
}

async function checkCounts({ look }: Store): Promise<void> {
  const objects = await look<{ blob_id: number }>((knex) => knex("objects").select("blob_id"));
  const blobs = await look<{
    id: number;
    storage_key: string;
    ref_count: number;
    reclaim_at: number | null;
    deleting: number;
  }>((knex) => knex("blobs").select("*"));
  const jobs = await look<{ work: string }>((knex) => knex("jobs").select("work"));
  for (const blob of blobs) {
    const references = objects.filter(({ blob_id }) => Number(blob_id) === Number(blob.id)).length;
    expect(Number(blob.ref_count)).toBe(references);
    expect(blob.reclaim_at === null).toBe(references > 0);
    if (references > 0) expect(blob.deleting).toBe(0);
    expect(jobs.filter(({ work }) => work.includes(blob.storage_key))).toEqual([]);
  }
  expect(await look((knex) => knex("reserved_keys").select("storage_key"))).toEqual([]);
}

onBothEngines("References", (store) => {
  it("equal the number of rows that point at a blob after any steps, and no referenced blob is deleted", async () => {
    const place = await openPlace(store().metadata);
    const model = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        for (const now of steps) {
          await take(store(), place, model, now);
          await check(store(), model);
        }
      }),
      { numRuns: store().kind === "sqlite" ? 40 : 8, endOnFailure: true },
    );
  });
  it("stay right under many writers in two programs at once", async () => {
    const programs = [store().metadata, await store().openAnother()];
    const place = await openPlace(store().metadata);
    const steps = fc
      .sample(step, { numRuns: 160, seed: 7 })
      .filter((each) => each.step !== "reclaim" || each.later === 0);
    const queue = steps.entries();
    const work = async (metadata: Metadata) => {
      const view = { ...store(), metadata };
      const own = { ...place, ...through(metadata, place) };
      for (const [, each] of queue) {
        const outcome = await take(view, own, new Map(keys.map((key) => [key, texts[2] ?? ""])), each).catch(
          (error: unknown) => error,
        );
        // A copy or a digest may find its object gone meanwhile; anything else is a fault.
        if (outcome instanceof S3Error) expect(outcome.code).toBe("SlowDown");
        else if (outcome !== undefined)
          expect(outcome).toMatchObject({ message: expect.stringContaining("no object") });
      }
    };
    await Promise.all(
      [...programs, ...programs, ...programs, ...programs].map((metadata) => work(metadata ?? store().metadata)),
    );
    await checkCounts(store());
  });
});
