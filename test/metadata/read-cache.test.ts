// Shows I2, I10 of docs/durability.md.
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Engine } from "../../src/metadata/engine.ts";
import { type Metadata, openMetadata } from "../../src/metadata/metadata.ts";
import { Objects } from "../../src/metadata/objects.ts";
import { ReadCache } from "../../src/metadata/read-cache.ts";
import { openSqlite } from "../../src/metadata/sqlite/engine.ts";
import type { Bucket } from "../../src/model.ts";
import { etagOf, openPlace, through } from "../support/content.ts";
import { Clock, graceMs, makeSqlite } from "../support/engines.ts";

describe("The read cache", () => {
  let database: Awaited<ReturnType<typeof makeSqlite>>;
  const opened: Metadata[] = [];
  const open = async () => {
    const metadata = await openMetadata({ engine: database.engine, now: new Clock().now, graceMs, cacheRows: 1000 });
    opened.push(metadata);
    return metadata;
  };

  beforeEach(async () => {
    database = await makeSqlite();
  });
  afterEach(async () => {
    for (const metadata of opened.splice(0)) await metadata.close();
    await database.remove();
  });

  /** Objects behind a cache of their own, on an engine whose reads can be counted and held back. */
  async function openWatched() {
    const engine = await openSqlite({
      file: database.file,
      durable: false,
      now: new Clock().now,
      onFatal: () => undefined,
    });
    const { freshness } = engine;
    if (!freshness) throw new Error("SQLite knows");
    const watch = { queries: 0, answer: async () => undefined as undefined };
    const read: Engine["read"] = {
      get: (statement, parameters) => engine.read.get(statement, parameters),
      query: (build) => engine.read.query(build),
      all: async (statement, parameters) => {
        watch.queries++;
        const rows = await engine.read.all(statement, parameters);
        await watch.answer();
        return rows;
      },
    };
    const watched: Engine = {
      dialect: engine.dialect,
      read,
      signals: undefined,
      freshness,
      transact: (work) => engine.transact(work),
      checkRoom: () => engine.checkRoom(),
      ping: () => engine.ping(),
      facts: () => engine.facts(),
      close: () => engine.close(),
    };
    const objects = new Objects({
      engine: watched,
      cache: new ReadCache(freshness, 100),
      now: new Clock().now,
      graceMs,
    });
    const etag = async () => (await objects.find("pictures", "a")).found?.object.etag;
    return { engine, freshness, objects, watch, etag };
  }

  it("answers repeated reads without a query, and queries again after a write", async () => {
    const here = await open();
    const place = await openPlace(here);
    await place.put("a", "hello");
    const { engine, objects, watch, etag } = await openWatched();
    await etag();
    await etag();
    const before = watch.queries;
    expect(new Set(await Promise.all(Array.from({ length: 20 }, etag)))).toEqual(new Set([etagOf("hello")]));
    expect(watch.queries).toBe(before);
    await objects.delete(place.bucket.id, "a");
    expect(new Set(await Promise.all(Array.from({ length: 20 }, etag)))).toEqual(new Set([undefined]));
    expect(watch.queries).toBeGreaterThan(before);
    await engine.close();
  });

  it.each(["this", "another"])("does not keep what a read saw before a commit of %s program", async (which) => {
    const here = await open();
    const place = await openPlace(here);
    await place.put("a", "hello");
    const { engine, objects, watch, etag } = await openWatched();
    let release: () => void = () => undefined;
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    const arrived = new Promise<void>((resolve) => {
      watch.answer = () => {
        resolve();
        return held;
      };
    });
    const early = etag();
    await arrived;
    watch.answer = async () => undefined;
    if (which === "this") await objects.delete(place.bucket.id, "a");
    else await here.objects.delete(place.bucket.id, "a");
    // What another program did is noticed by the next look, which this read asks for.
    expect(await etag()).toBe(undefined);
    await engine.freshness?.check();
    release();
    expect(await early).toBe(etagOf("hello"));
    expect(await etag()).toBe(undefined);
    await engine.close();
  });

  it("sees other programs' commits inside its own transaction, and uses no cached row while a commit ends", async () => {
    const here = await open();
    const place = await openPlace(here);
    await place.put("a", "hello");
    const { engine, freshness, etag } = await openWatched();
    await etag();
    await etag();
    await place.put("a", "changed");
    let atTheEnd: boolean | Promise<boolean> = true;
    const seen = await engine.transact(async (c) => {
      c.afterCommit(() => {
        atTheEnd = freshness.check();
      });
      return { fresh: freshness.check(), etag: await etag() };
    });
    expect(seen).toEqual({ fresh: true, etag: etagOf("changed") });
    expect(atTheEnd).toBe(false);
    expect(await freshness.check()).toBe(true);
    await engine.close();
  });

  it("is exact when either of two programs writes", async () => {
    const programs = [await open(), await open()] as const;
    const place = await openPlace(programs[0]);
    const puts = programs.map((metadata) => through(metadata, place).put);
    const model = new Map<string, string>();
    const step = fc.record({
      by: fc.nat(1),
      key: fc.constantFrom("a", "b"),
      text: fc.option(fc.constantFrom("one", "three", "fifteen")),
      lose: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        for (const { by, key, text, lose } of steps) {
          const metadata = programs[by] ?? programs[0];
          if (text === null) await metadata.objects.delete(place.bucket.id, key);
          else await puts[by]?.(key, text);
          if (text === null) model.delete(key);
          else model.set(key, etagOf(text));
          const state = lose ? "lost" : "verified";
          const blob = (await metadata.objects.find("pictures", key)).found?.blob;
          if (blob) await metadata.blobs.setReplica(blob.id, "toronto", state);
          for (const program of [...programs, ...programs]) {
            for (const each of ["a", "b"])
              expect((await program.objects.find("pictures", each)).found?.object.etag).toBe(model.get(each));
            const replicas = (await program.objects.find("pictures", key)).found?.blob.replicas ?? [];
            if (blob) expect(replicas.find(({ backend }) => backend === "toronto")?.state).toBe(state);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it("sees that another program deleted a bucket or an access key", async () => {
    const [here, there] = [await open(), await open()];
    const { bucket } = await openPlace(here);
    await here.accounts.createKey({
      accessKeyId: "AK",
      accountId: bucket.owner.id,
      sealedSecret: "s",
      sealedBy: "k",
      redirect: undefined,
      scope: {},
      expiresAt: undefined,
    });
    for (let round = 0; round < 2; round++)
      expect([(await here.buckets.find("pictures"))?.id, (await here.accounts.findKey("AK"))?.accessKeyId]).toEqual([
        bucket.id,
        "AK",
      ]);
    await there.accounts.setDisabled("AK", true);
    expect((await here.accounts.findKey("AK"))?.disabled).toBe(true);
    await there.accounts.revokeKey("AK");
    await there.buckets.delete(bucket.id);
    expect([await here.buckets.find("pictures"), await here.accounts.findKey("AK")]).toEqual([undefined, undefined]);
    expect(await here.objects.find("pictures", "a")).toEqual({ bucket: undefined, found: undefined });
  });

  it.each(["the same", "another"])(
    "never gives an older answer after a newer one while %s program writes",
    async (which) => {
      const here = await open();
      const writer = which === "another" ? await open() : here;
      const place = await openPlace(here);
      const { put } = through(writer, place);
      const written: string[] = [];
      let acknowledged = -1;
      let done = false;
      const write = async () => {
        for (let at = 0; at < 60; at++) {
          const text = `text ${at}`;
          written.push(etagOf(text));
          await put("a", text);
          acknowledged = at;
        }
        done = true;
      };
      const read = async () => {
        let seen = -1;
        while (!done) {
          const least = acknowledged;
          const etag = (await here.objects.find("pictures", "a")).found?.object.etag;
          const at = etag === undefined ? -1 : written.indexOf(etag);
          expect(at).toBeGreaterThanOrEqual(Math.max(least, seen));
          seen = at;
          // An answer from memory takes no turn of the event loop: the writer needs one.
          await nextTurn();
        }
      };
      await Promise.all([write(), ...Array.from({ length: 8 }, read)]);
      expect((await here.objects.find("pictures", "a")).found?.object.etag).toBe(etagOf("text 59"));
    },
  );
});

describe("The read cache's bound", () => {
  it("counts a row by what clients put into it", () => {
    const cache = new ReadCache({ check: () => true, onForeignChange: () => undefined }, 100);
    const bucket = (name: string, owner: string) =>
      ({ id: 1, name, owner: { id: 1, name: owner }, location: "x", createdAt: new Date(0), settings: {} }) as Bucket;
    for (let at = 0; at < 50; at++) cache.keepBucket(0, bucket(`small-${at}`, "o"));
    expect(cache.bucket("small-0")).toBeDefined();
    for (let at = 0; at < 9; at++) cache.keepBucket(0, bucket(`large-${at}`, "o".repeat(1024)));
    expect(cache.bucket("small-1")).toBeUndefined();
    expect(cache.bucket("large-8")).toBeDefined();
    cache.keepBucket(0, bucket("whale", "o".repeat(11_000)));
    expect(cache.bucket("whale")).toBeUndefined();
  });
});
