// What people read in a journal's folder, and what a restore learns from it that nothing else tells.
import { expect, it } from "vitest";
import { journalKeys } from "../../src/journal/journal-keys.ts";
import { makeManifest, openManifest } from "../../src/journal/manifest.ts";
import { KEYS } from "../support/journal-scene.ts";

const snapshot = {
  ...({ kind: "snapshot", journal: "line", number: 3, epoch: 1, hash: "", through: 3 } as const),
  ...{ at: "2026-11-27T10:00:00.000Z", schema: 10, rows: 17, chunks: [] },
};
const FACTS = { journal: "line", segment: 12, epoch: 1, snapshot, now: new Date("2026-11-27T11:00:00Z") };

it("says in words and figures what stands there, and nothing secret", () => {
  const text = makeManifest(FACTS, KEYS).toString();
  expect(text).toContain("nearbucket restore --config FILE");
  expect(JSON.parse(text)).toMatchObject({ segment: 12, snapshot: { number: 3, rows: 17 }, encryptionKey: KEYS[0].id });
  expect(text).not.toContain(KEYS[0].key.toString("hex"));
});

it("is believed by who has the key, as it was written", () => {
  const bytes = makeManifest(FACTS, KEYS);
  expect(openManifest(bytes, "line", [journalKeys(["a newer key of theirs"])[0], ...KEYS])?.segment).toBe(12);
  const continuing = makeManifest({ ...FACTS, continues: "former" }, KEYS);
  expect(openManifest(continuing, "line", KEYS)?.continues).toBe("former");
  const another = Buffer.from(continuing.toString().replace('"continues": "former"', '"continues": "foreign"'));
  const lesser = Buffer.from(bytes.toString().replace('"segment": 12', '"segment": 2'));
  for (const other of [
    lesser,
    another,
    Buffer.from("{}"),
    Buffer.from("no JSON"),
    makeManifest(FACTS, journalKeys(["a guess!"])),
  ])
    expect(openManifest(other, "line", KEYS)).toBeUndefined();
  expect(openManifest(bytes, "another", KEYS)).toBeUndefined();
});
