// Uploads in parts and writes to real disks that go away and come back: the object is whole, and when it goes nothing
// stays on any disk, finished or not.
// Shows I1, I7 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { onDisk, type TestDisk } from "../backends/disk/support.ts";
import { openRig, type Rig } from "../support/rig.ts";
import { complete, DAY, ETAG, patiently, reclaimObject, sendPart, sendParts } from "../support/upload-in-parts.ts";

const SITES = [
  { name: "a", region: "x", capacity: 1e12 },
  { name: "b", region: "y", capacity: 1e6 },
  { name: "c", region: "z", capacity: 1 },
] as const;

class Disks implements AsyncDisposable {
  readonly disks: readonly TestDisk[];

  constructor(disks: readonly TestDisk[]) {
    this.disks = disks;
  }

  static async make(): Promise<Disks> {
    return new Disks(await Promise.all(SITES.map(({ name }) => onDisk(`identity-of-${name}`))));
  }

  open = () => Promise.all(SITES.map((site, index) => this.#disk(index).open({ ...site, durable: true })));

  /** As an unmounted disk. */
  away = (index: number) => rename(this.#disk(index).directory, `${this.#disk(index).directory}-away`);
  back = (index: number) => rename(`${this.#disk(index).directory}-away`, this.#disk(index).directory);

  /** Files and directories of objects and uploads, on all disks. */
  async traces(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const { directory } of this.disks)
      for (const room of ["data", "uploads"])
        for (const path of await readdir(join(directory, room), { recursive: true }))
          if (!/^blobs(\/..)?$/.test(path)) found.push(join(room, path));
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const disk of this.disks) await disk[Symbol.asyncDispose]();
  }

  #disk(index: number): TestDisk {
    const disk = this.disks[index];
    if (disk === undefined) throw new Error(`no disk ${index}`);
    return disk;
  }
}

const verified = async (rig: Rig) =>
  (await rig.blobOf("key")).replicas.flatMap(({ backend, state }) => (state === "verified" ? [backend] : [])).sort();

async function tracesInTheEnd(disks: Disks, rig: Rig): Promise<readonly string[]> {
  await reclaimObject(rig);
  return disks.traces();
}

describe("a disk that is away", () => {
  it("for one part gets that part when the upload is completed", async () => {
    await using disks = await Disks.make();
    await using rig = await openRig({ backends: await disks.open(), graceMs: DAY });
    const upload = await rig.startUpload("key");
    await sendPart(rig, upload, 1);
    await disks.away(0);
    await rig.fleet.probeNow();
    await sendPart(rig, upload, 2);
    await disks.back(0);
    await rig.fleet.probeNow();
    expect(await complete(rig, upload)).toMatchObject({ etag: ETAG });
    expect(await verified(rig)).toEqual(["a", "b"]);
    await expect(rig.backend("a").stat(upload.storageKey)).resolves.toMatchObject({ etag: ETAG });
    expect(await tracesInTheEnd(disks, rig)).toEqual([]);
  });

  it("when the upload is completed keeps nothing once the object is gone", async () => {
    await using disks = await Disks.make();
    await using rig = await openRig({ backends: await disks.open(), graceMs: DAY });
    const upload = await rig.startUpload("key");
    await sendParts(rig, upload);
    await disks.away(0);
    await rig.fleet.probeNow();
    expect(await complete(rig, upload)).toMatchObject({ etag: ETAG });
    expect(await verified(rig)).toEqual(["b", "c"]);
    await disks.back(0);
    expect(await tracesInTheEnd(disks, rig)).toEqual([]);
  });

  it("in turn with another one lets the upload go on", async () => {
    await using disks = await Disks.make();
    await using rig = await openRig({ backends: await disks.open(), graceMs: DAY });
    const upload = await rig.startUpload("key");
    await disks.away(0);
    await rig.fleet.probeNow();
    await sendPart(rig, upload, 1);
    await disks.back(0);
    await disks.away(1);
    await rig.fleet.probeNow();
    await expect(sendPart(rig, upload, 2)).rejects.toMatchObject({ code: "ServiceUnavailable" });
    await disks.back(1);
    await rig.fleet.probeNow();
    await patiently(rig, () => sendPart(rig, upload, 2));
    expect(await complete(rig, upload)).toMatchObject({ etag: ETAG });
    expect(await verified(rig)).toEqual(["a", "b"]);
    expect(await tracesInTheEnd(disks, rig)).toEqual([]);
  });

  it("while an object is written has a row, and keeps nothing once the object is gone", async () => {
    await using disks = await Disks.make();
    await using rig = await openRig({ backends: await disks.open(), graceMs: DAY });
    await disks.away(0);
    const bytes = randomBytes(3 * 1024 * 1024);
    await rig.put("key", bytes);
    expect(await verified(rig)).toEqual(["b", "c"]);
    expect((await rig.blobOf("key")).replicas).toContainEqual(expect.objectContaining({ backend: "a", state: "lost" }));
    await disks.back(0);
    expect(await tracesInTheEnd(disks, rig)).toEqual([]);
  });
});
