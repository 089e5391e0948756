// Files of the journals that the present one continues go in time; those of any other stay, and so do all in any doubt.
import { describe, expect, it } from "vitest";
import { forgetEarlier } from "../../src/journal/forget-earlier.ts";
import { journalKeys } from "../../src/journal/journal-keys.ts";
import { makeManifest } from "../../src/journal/manifest.ts";
import { chunkName, indexName, manifestName, segmentName } from "../../src/journal/names.ts";
import { type FailingStore, failingStore, KEYS } from "../support/journal-scene.ts";

const HOUR_MS = 3_600_000;
const later = () => new Date(Date.now() + HOUR_MS);
const EPOCH = 9;

function manifestOf(journal: string, continues: string | undefined, keys = KEYS) {
  const at = "2026-11-27T10:00:00.000Z";
  const named = { kind: "snapshot", journal, number: 0, epoch: 1, hash: "", through: 0 } as const;
  const snapshot = { ...named, at, schema: 10, rows: 17, chunks: [] };
  return makeManifest({ journal, segment: 1, epoch: 1, snapshot, continues, now: new Date(at) }, keys);
}

/** Journals on a store, with the one that each continues. */
async function storeWith(journals: Readonly<Record<string, string | undefined>>, epoch = 1): Promise<FailingStore> {
  const store = failingStore("a");
  for (const [journal, continues] of Object.entries(journals)) {
    const position = { number: 1, epoch };
    for (const name of [segmentName(journal, position), chunkName(journal, position, 0), indexName(journal, position)])
      await store.put(name, Buffer.from("sealed"));
    await store.put(manifestName(journal), manifestOf(journal, continues));
  }
  return store;
}

async function journalsOn(store: FailingStore): Promise<readonly string[]> {
  const found = new Set<string>();
  for await (const { name } of store.list("journal/")) found.add(name.split("/")[1] ?? "");
  return [...found];
}

const forget = (store: FailingStore, more: { readonly keepSince?: Date; readonly epoch?: number } = {}) =>
  forgetEarlier({ journal: "now", epoch: EPOCH, store, keys: KEYS, keepSince: later(), ...more });

describe("earlier journals", () => {
  it("go, one after another, where the manifests say that they were this gateway's", async () => {
    const store = await storeWith({ now: "former", former: "first", first: undefined, foreign: undefined });
    const deleted: string[] = [];
    const watched = { ...store, delete: (name: string) => store.delete(name).then(() => void deleted.push(name)) };
    expect(await forgetEarlier({ journal: "now", epoch: EPOCH, store: watched, keys: KEYS, keepSince: later() })).toBe(
      8,
    );
    expect(await journalsOn(store)).toEqual(["foreign", "now"]);
    // A run that is cut leaves no journal that nothing names.
    expect(deleted.map((name) => name.split("/")[1])).toEqual([...Array(4).fill("first"), ...Array(4).fill("former")]);
    expect(deleted.at(-1)).toBe("journal/former/manifest.json");
  });

  it.each([
    ["has no manifest there", async (store: FailingStore) => store.delete(manifestName("now"))],
    ["names none", async (store: FailingStore) => store.put(manifestName("now"), manifestOf("now", undefined))],
    [
      "has a manifest sealed by another gateway",
      async (store: FailingStore) =>
        store.put(manifestName("now"), manifestOf("now", "former", journalKeys(["the key of another gateway"]))),
    ],
    [
      "has a manifest that was changed",
      async (store: FailingStore) => {
        const text = manifestOf("now", "nobody").toString().replace("nobody", "former");
        await store.put(manifestName("now"), Buffer.from(text));
      },
    ],
  ])("stay where the present one %s", async (_, change) => {
    const store = await storeWith({ now: "former", former: "first", first: undefined });
    await change(store);
    expect(await forget(store)).toBe(0);
    expect(await journalsOn(store)).toEqual(["first", "former", "now"]);
  });

  it("stay as long as one of their files is young, or of a later writer", async () => {
    const store = await storeWith({ now: "former", former: undefined });
    expect(await forget(store, { keepSince: new Date(Date.now() - HOUR_MS) })).toBe(0);
    expect(await forget(store, { epoch: 1 })).toBe(0);
    expect(await journalsOn(store)).toEqual(["former", "now"]);
    expect(await forget(store)).toBe(4);
  });

  it("stay when the backend does not answer", async () => {
    const store = await storeWith({ now: "former", former: undefined });
    store.down = true;
    await expect(forget(store)).rejects.toThrow("unavailable");
    store.down = false;
    expect(await journalsOn(store)).toEqual(["former", "now"]);
  });
});
