// Content that is uploaded again in parts is found equal late, by the digest job. Whatever has become of the first
// upload's replicas, no object loses its bytes.
// Shows I1, I3 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBackend } from "../../src/backends/kinds.ts";
import { startFarStores } from "../support/far-stores.ts";
import { openRig, type Rig } from "../support/rig.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const bytes = randomBytes(300_000);

async function onDisks() {
  const root = await temporaryDirectory();
  const disks = [
    { name: "a", region: "x" },
    { name: "b", region: "y" },
  ].map((each) => ({ ...each, directory: join(root, each.name) }));
  const backends = await Promise.all(disks.map((each) => openBackend({ kind: "disk", ...each, durable: false })));
  const rig = await openRig({ backends, graceMs: DAY });
  const files = (key: string) => disks.map(({ directory }) => join(directory, "data", key));
  return { rig, files };
}

async function uploadInParts(rig: Rig, key: string): Promise<string> {
  const upload = await rig.startUpload(key);
  await rig.uploadPart(upload, 1, bytes);
  await rig.completeUpload(upload);
  return upload.storageKey;
}

/** Until the grace of everything that became unneeded is over, and longer. */
async function passGrace(rig: Rig): Promise<void> {
  for (const step of [DAY + HOUR, HOUR, HOUR]) {
    rig.clock.advance(step);
    await rig.upkeep.runDue();
  }
}

async function flip(file: string): Promise<void> {
  const kept = await readFile(file);
  const at = kept.indexOf(bytes.subarray(1000, 1032));
  kept[at] = (kept[at] ?? 0) ^ 1;
  await writeFile(file, kept);
}

const damages: readonly (readonly [string, (file: string) => Promise<void>])[] = [
  ["removed", (file) => rm(file)],
  ["changed in one bit", flip],
];

describe("content uploaded again in parts", () => {
  it.each(damages)("gives its bytes to the first object when both replicas were %s", async (_, damage) => {
    const { rig, files } = await onDisks();
    await using _rig = rig;
    await rig.put("first", bytes);
    const { storageKey } = await rig.blobOf("first");
    for (const file of files(storageKey)) await damage(file);
    const again = await uploadInParts(rig, "again");
    await rig.upkeep.runDue();
    await passGrace(rig);
    for (const key of ["first", "again"])
      for (const order of [["a"], ["b"]]) expect(bytes.equals(await rig.get(key, { order }))).toBe(true);
    expect((await rig.blobOf("first")).storageKey).toBe(again);
    expect(await rig.standing()).toEqual({ a: [again], b: [again] });
    expect(await rig.put("third", bytes)).toMatchObject({ kind: "known", blobId: (await rig.blobOf("again")).id });
  });

  it.each([
    ["first", "a"],
    ["first", "b"],
    ["again", "a"],
    ["again", "b"],
  ])("leaves two good copies when one of the %s was changed on %s without a trace", async (which, name) => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends, graceMs: DAY });
    await rig.put("first", bytes);
    const first = (await rig.blobOf("first")).storageKey;
    const again = await uploadInParts(rig, "again");
    const changed = which === "first" ? first : again;
    const { objects } = far.store(name);
    const kept = objects.get(changed);
    if (kept === undefined) throw new Error("no copy");
    objects.set(changed, { ...kept, bytes: Buffer.from(kept.bytes.map((byte) => byte ^ 1)) });
    // Without a copy there the first one seems to be the worse of the two.
    if (which === "again") far.store(name).remove(first);
    await rig.upkeep.runDue();
    rig.clock.advance(HOUR);
    await rig.upkeep.runDue();
    const [one, other] = [await rig.blobOf("first"), await rig.blobOf("again")];
    expect(one.id).toBe(other.id);
    expect(far.held(one.storageKey)).toEqual({ a: bytes, b: bytes });
  });

  it("shares the replicas of the first object when they are good", async () => {
    const { rig } = await onDisks();
    await using _rig = rig;
    await rig.put("first", bytes);
    const { storageKey } = await rig.blobOf("first");
    await uploadInParts(rig, "again");
    await rig.upkeep.runDue();
    await passGrace(rig);
    for (const key of ["first", "again"]) expect(bytes.equals(await rig.get(key))).toBe(true);
    expect(await rig.standing()).toEqual({ a: [storageKey], b: [storageKey] });
  });

  it("waits when neither has all its copies and those of the first object are out of reach", async () => {
    await using far = await startFarStores(3);
    await using rig = await openRig({ backends: far.backends, minimumCopies: 1, graceMs: DAY });
    await far.store("c").stop();
    await rig.fleet.probeNow();
    await rig.put("first", bytes);
    await far.store("c").restart();
    for (const name of ["a", "b"]) await far.store(name).stop();
    await rig.fleet.probeNow();
    await uploadInParts(rig, "again");
    await rig.upkeep.runDue();
    expect((await rig.blobOf("again")).id).not.toBe((await rig.blobOf("first")).id);
    for (const name of ["a", "b"]) await far.store(name).restart();
    await rig.fleet.probeNow();
    await passGrace(rig);
    expect((await rig.blobOf("again")).id).toBe((await rig.blobOf("first")).id);
    for (const key of ["first", "again"]) expect(bytes.equals(await rig.get(key))).toBe(true);
  });
});
