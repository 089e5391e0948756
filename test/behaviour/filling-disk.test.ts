// A disk that fills up gets less and less, and nothing more before it is full, while others have room.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { openDiskBackend } from "../../src/backends/disk/backend.ts";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { describeOnLoopDisk, openLoopDisk } from "../support/loop-disk.ts";
import { openRig } from "../support/rig.ts";

const MIB = 1024 ** 2;

describeOnLoopDisk("a disk that fills up", () => {
  it("is left out before a write fails there, and is used again when there is room", async () => {
    await using volume = await openLoopDisk(24 * MIB);
    const disk = await openDiskBackend({
      name: "disk",
      region: "here",
      directory: join(volume.directory, "disk"),
      capacity: 1e12,
    });
    const others = [
      new MemoryBackend({ name: "b", region: "there" }),
      new MemoryBackend({ name: "c", region: "afar" }),
    ];
    await using rig = await openRig({ backends: [disk, ...others], probeIntervalMs: 10 });
    const held: string[] = [];
    const put = async (key: string) => {
      const content = await rig.put(key, randomBytes(MIB));
      return content.kind === "fresh" ? content : undefined;
    };
    for (let n = 0; n < 40; n++) {
      const content = await put(`key-${n}`);
      if (content?.backends.includes("disk")) held.push(content.storageKey);
      expect(content?.touched).toEqual([]);
    }
    expect(held.length).toBeGreaterThan(10);
    expect(held.length).toBeLessThan(24);
    expect(rig.fleet.get("disk")).toMatchObject({ up: true, writable: true });
    expect(rig.fleet.get("disk")?.space?.free).toBeLessThan(1.5 * MIB);
    expect((await put("more"))?.backends).not.toContain("disk");

    await Promise.all(held.slice(0, 4).map((key) => disk.delete(key)));
    await vi.waitFor(() => expect(rig.fleet.get("disk")?.space?.free).toBeGreaterThan(3 * MIB), { timeout: 5000 });
    expect((await put("again"))?.backends).toContain("disk");
  });

  it("is written to while too few others can be", async () => {
    await using volume = await openLoopDisk(24 * MIB);
    const directory = join(volume.directory, "disk");
    const disk = await openDiskBackend({ name: "disk", region: "here", directory, sizeBytes: 1 });
    await using rig = await openRig({ backends: [disk, new MemoryBackend({ name: "b", region: "there" })] });
    rig.fleet.setUsed(new Map([["disk", 1]]));
    expect(rig.fleet.get("disk")?.space).toEqual({ free: 0, total: 1 });
    const content = await rig.put("key", randomBytes(MIB));
    expect(content).toMatchObject({ backends: expect.arrayContaining(["disk", "b"]) });
  });
});
