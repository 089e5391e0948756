// A gateway's machine is lost in mid-load: killed at a random moment, its whole data directory gone. From either of the
// two backends that have the journal, `restore` brings back what was acknowledged: all of it in mode `ack`; in mode
// `interval` all that a segment carried, as it was at one moment.
// Shows I1, I2, I7, I9 of docs/durability.md.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { scheduler } from "node:timers/promises";
import { ListBucketsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { describe, expect, it, vi } from "vitest";
import type { GatewayProcess } from "../support/gateway-process.ts";
import { isLong, openChance } from "./chance.ts";
import { openCrashRig } from "./crash-rig.ts";
import { Bucket, seeObject } from "./lost-gateway/objects.ts";
import { callApi, SETTINGS, seeBucket, seeKeys, seeUpload } from "./lost-gateway/settings.ts";
import { type State, Timeline } from "./lost-gateway/timeline.ts";
import { type Scene, writeUntil } from "./lost-gateway/writers.ts";
import { diskStores, type Stores } from "./stores.ts";

const ROUNDS = Number(process.env["SOAK_ROUNDS"] ?? (isLong ? 20 : 2));
const POLL_MS = 20;
const READERS = 8;
/** One that no segment carried. Not every service lists such uploads, so nothing ends them. */
const OPEN_UPLOAD = /^disk-\d: [0-9a-f]{32}\/\S+ is an orphan$/;

describe.each(["ack", "interval"] as const)("a gateway whose machine is lost, with the journal in mode %s", (mode) => {
  it("loses nothing that was acknowledged", { timeout: 120_000 + 30_000 * ROUNDS }, async () => {
    await using stores = await diskStores(3);
    await using rig = await openCrashRig(stores, {
      ...{ encryptionKey: "what the operator kept elsewhere", publicAccess: "allowed" },
      journal: { mode, seconds: 0.2 },
    });
    const { gateway } = rig;
    const chance = openChance(`a lost gateway, ${mode}`);
    const timeline = new Timeline();
    const scene: Scene = { gateway, timeline, chance, people: await peopleOf(gateway), secrets: [], uploads: [] };
    // What it wrote into a database before it had a snapshot of it would be of no use.
    await vi.waitFor(async () => expect((await journalOf(gateway)).snapshotAt).toBeDefined(), { timeout: 30_000 });
    const began = performance.now();
    let lost = 0;
    let oldestMs = 0;
    let checked = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const { journal, kept } = await loadUntilKilled(scene, mode);
      const killedAt = performance.now();
      await rm(gateway.dataDirectory, { recursive: true });
      const [from = "", other = ""] = turned(await holdersOf(stores, journal), round);
      const told = await restored(gateway, "--from", other, "--dry-run");
      expect(told).toMatchObject({ findings: [], unused: 0 });
      expect(await restored(gateway, "--from", from)).toMatchObject({ journal, findings: [], unused: 0, lostBlobs: 0 });
      await gateway.restart();
      const seen = await seeAll(scene);
      const verdict = timeline.settle(seen, mode === "ack" ? killedAt : kept);
      expect(verdict.violations, `round ${round}, from ${from}`).toEqual([]);
      expect(await listedKeys(gateway)).toEqual(presentKeys(seen));
      lost += verdict.lost;
      checked += seen.size;
      oldestMs = Math.max(oldestMs, killedAt - (verdict.firstLostAt ?? killedAt));
    }
    process.stderr.write(
      `a lost gateway, ${mode}: ${ROUNDS} rounds, ${timeline.answered} changes, ${checked} looked at, ${lost} lost, ` +
        `the oldest ${Math.round(oldestMs)} ms old, ${Math.round((performance.now() - began) / 1000)} s\n`,
    );
    if (mode === "ack") expect(lost).toBe(0);
    expect(timeline.answered).toBeGreaterThan(ROUNDS * 20);
    const faults = await rig.faultsWhenSettled();
    expect(faults.filter((fault) => !OPEN_UPLOAD.test(fault))).toEqual([]);
  });
});

async function peopleOf(gateway: GatewayProcess): Promise<Scene["people"]> {
  const made = await callApi(gateway, "POST", "/keys", { account: "guest" });
  if (made === undefined) throw new Error("no guest");
  const { accessKeyId, secretAccessKey } = made.document;
  const credentials = { accessKeyId, secretAccessKey };
  const s3 = new S3Client({ endpoint: gateway.url, region: "us-east-1", forcePathStyle: true, credentials });
  const [owner, guest] = await Promise.all([gateway.s3, s3].map((one) => one.send(new ListBucketsCommand())));
  s3.destroy();
  return { owner: owner?.Owner?.ID ?? "", guest: guest?.Owner?.ID ?? "" };
}

/** The journal that was written, and until when it certainly carries all that was answered. */
async function loadUntilKilled(scene: Scene, mode: "ack" | "interval"): Promise<{ journal: string; kept: number }> {
  const { gateway, timeline, chance } = scene;
  let isOver = false;
  const writers = writeUntil(scene, () => isOver);
  let kept = Number.NEGATIVE_INFINITY;
  let journal = "";
  // A segment that was begun after a moment carries all from before it; the next but one certainly was.
  let mark: { readonly at: number; readonly segment: number } | undefined;
  const goal = timeline.answered + 20 + chance.below(200);
  while (timeline.answered < goal || (mode === "interval" && kept === Number.NEGATIVE_INFINITY)) {
    const at = performance.now();
    const now = await journalOf(gateway);
    journal = now.journal ?? journal;
    if (now.segment !== undefined) mark ??= { at, segment: now.segment };
    // Before a restored database's journal has a snapshot, its segments are of no use.
    if (now.snapshotAt !== undefined && mark !== undefined && (now.segment ?? 0) >= mark.segment + 2) {
      kept = mark.at;
      mark = undefined;
    }
    await scheduler.wait(POLL_MS);
  }
  await gateway.kill();
  isOver = true;
  await writers;
  return { journal, kept };
}

async function journalOf({ url }: GatewayProcess) {
  const status: { journal: { journal?: string; segment?: number; snapshotAt?: string } } = await (
    await fetch(`${url}/-/status`)
  ).json();
  return status.journal;
}

/** The disks that have the journal, but for the segment that the end may have cut: two, unless one was slow. */
async function holdersOf({ config }: Stores, journal: string): Promise<readonly string[]> {
  const files = new Map<string, readonly string[]>();
  for (const backend of config.backends) {
    if (backend.kind !== "disk") throw new Error("no disk");
    const found = await readdir(join(backend.directory, "data/journal", journal), { recursive: true }).catch(() => []);
    files.set(backend.name, found.sort());
  }
  const segments = [...new Set([...files.values()].flat())].filter((name) => name.startsWith("segments/")).sort();
  const settled = segments.slice(0, -1);
  const holders = [...files].filter(
    ([, found]) => settled.every((name) => found.includes(name)) && found.some((name) => name.endsWith("/index")),
  );
  return holders.map(([name]) => name);
}

function turned<T>(all: readonly T[], by: number): readonly T[] {
  const at = by % all.length;
  return [...all.slice(at), ...all.slice(0, at)];
}

async function restored(gateway: GatewayProcess, ...words: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await gateway.command("restore", ...words, "--json"));
}

async function seeAll({ gateway, timeline, secrets, uploads }: Scene): Promise<ReadonlyMap<string, State>> {
  const { s3 } = gateway;
  const seen = await seeKeys(gateway, secrets);
  const open = new Map(uploads.map((one) => [`upload ${one.UploadId} ${one.Key}`, one]));
  const waiting = timeline.things.filter((thing) => !seen.has(thing));
  const see = async (thing: string): Promise<State> => {
    const [kind, name = ""] = thing.split(" ");
    const upload = open.get(thing);
    if (upload !== undefined) return seeUpload(s3, upload.Key, upload.UploadId);
    if (kind === "object") return seeObject(s3, name);
    if (thing in SETTINGS) return (await SETTINGS[thing as keyof typeof SETTINGS](s3).catch(absent)) ?? "absent";
    return seeBucket(s3, name);
  };
  const reader = async () => {
    for (let thing = waiting.pop(); thing !== undefined; thing = waiting.pop()) seen.set(thing, await see(thing));
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return seen;
}

function absent(error: { readonly name: string }): undefined {
  if (!error.name.startsWith("NoSuch")) throw error;
}

async function listedKeys({ s3 }: GatewayProcess): Promise<readonly string[]> {
  return (await s3.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key = "" }) => Key) ?? [];
}

function presentKeys(seen: ReadonlyMap<string, State>): readonly string[] {
  return [...seen]
    .flatMap(([thing, state]) => (thing.startsWith("object ") && state !== "absent" ? thing.slice(7) : []))
    .sort();
}
