// A disk whose file calls never return: opening a FIFO that nobody writes to hangs. The calls give up, only a few of
// them hold a thread, and the disk serves again when they return.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import { open, readdir, readFile, readlink, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { MemoryBackend } from "../../../src/backends/memory/backend.ts";
import { failure, put, read, writeAll } from "../../contracts/backend-contract.ts";
import { openRig } from "../../support/rig.ts";
import { BYTES, inParts, KEY, onDisk, PART, type TestDisk } from "./support.ts";

const run = promisify(execFile);
const hungKeys = Array.from({ length: 20 }, (_, n) => `blobs/ab/hung-${n}`);
const fileOf = ({ directory }: TestDisk, key: string) => join(directory, "data", key);

/** Lets a call that opens the FIFO return; resolves with false when none does. */
async function release(fifo: string): Promise<boolean> {
  try {
    await (await open(fifo, constants.O_WRONLY | constants.O_NONBLOCK)).close();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENXIO") return false;
    throw error;
  }
}

/** Open files of this process below a directory. */
async function openBelow(directory: string): Promise<string[]> {
  const names = await readdir("/proc/self/fd");
  const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
  return paths.filter((path) => path.startsWith(directory));
}

describe.runIf(process.platform === "linux")("a disk that hangs", () => {
  it("fails a read as unavailable, and closes the file when the call returns after all", async () => {
    await using disk = await onDisk();
    const backend = await disk.open({ stallMs: 100 });
    await put(backend, KEY, BYTES);
    const fifo = fileOf(disk, "blobs/ab/hung");
    await run("mkfifo", [fifo]);
    expect((await failure(backend.open("blobs/ab/hung"))).fault).toBe("unavailable");
    expect((await failure(backend.stat("blobs/ab/hung"))).fault).toBe("unavailable");
    expect((await read(backend, KEY)).equals(BYTES)).toBe(true);
    expect(await release(fifo)).toBe(true);
    await vi.waitFor(async () => expect(await openBelow(disk.directory)).toEqual([]));
  });

  it("holds up nobody who gives its body up", async () => {
    await using disk = await onDisk();
    await inParts(disk);
    const second = join(`${fileOf(disk, KEY)}.parts`, "00002");
    await rename(second, `${second}-aside`);
    await run("mkfifo", [second]);
    const { body } = await disk.backend.open(KEY);
    const chunks: Buffer[] = [];
    body.on("error", () => undefined).on("data", (chunk: Buffer) => chunks.push(chunk));
    await vi.waitFor(() => expect(Buffer.concat(chunks).length).toBe(PART));
    // Now it opens the second part.
    await new Promise((resolve) => setImmediate(resolve));
    body.destroy();
    await once(body, "close");
    await vi.waitFor(async () => expect(await release(second)).toBe(true));
    await vi.waitFor(async () => expect(await openBelow(disk.directory)).toEqual([]));
  });

  it("fails a write as unavailable, and leaves nothing in tmp/", async () => {
    await using disk = await onDisk();
    const backend = await disk.open({ stallMs: 100 });
    const id = await backend.createUpload(KEY);
    const name = join(disk.directory, "uploads", id, "key");
    await rm(name);
    await run("mkfifo", [name]);
    expect((await failure(writeAll(backend.writePart(KEY, id, 1, BYTES.length), BYTES))).fault).toBe("unavailable");
    await vi.waitFor(async () => expect(await readdir(join(disk.directory, "tmp"))).toEqual([]));
    expect(await release(name)).toBe(true);
  });

  it("holds only a few threads, however many calls it is asked for, and serves again afterwards", async () => {
    await using disk = await onDisk();
    const backend = await disk.open({ stallMs: 100 });
    await put(backend, KEY, BYTES);
    for (const key of hungKeys) await run("mkfifo", [fileOf(disk, key)]);
    const failures = await Promise.all(hungKeys.map((key) => failure(backend.open(key))));
    expect(failures.map(({ fault }) => fault)).toEqual(hungKeys.map(() => "unavailable"));
    // The pool has 16 threads: this call gets none when all 20 calls above hold one.
    expect(await readFile("/proc/self/stat", "utf8")).not.toBe("");
    expect((await failure(backend.stat(KEY))).fault).toBe("unavailable");
    expect((await failure(backend.identity(AbortSignal.timeout(5000)))).fault).toBe("unavailable");
    const released: boolean[] = [];
    for (const key of hungKeys) released.push(await release(fileOf(disk, key)));
    expect(released.filter(Boolean).length).toBeLessThan(10);
    await vi.waitFor(async () => expect((await read(backend, KEY)).equals(BYTES)).toBe(true));
  });

  it("in one of its files delays a read by moments, and is read again where it does not hang", async () => {
    await using disk = await onDisk();
    const others = [new MemoryBackend({ name: "memory", region: "there" })];
    await using rig = await openRig({ backends: [disk.backend, ...others], probeIntervalMs: 50, stillMs: 100 });
    for (const key of ["good", "bad"]) await rig.put(key, Buffer.concat([BYTES, Buffer.from(key)]));
    const get = (key: string) => rig.get(key, { order: ["disk", "memory"] });
    await get("good");
    const path = fileOf(disk, (await rig.blobOf("bad")).storageKey);
    await rename(path, `${path}-aside`);
    await run("mkfifo", [path]);
    // The disk itself gives a call up after 30 s.
    expect((await get("bad")).equals(Buffer.concat([BYTES, Buffer.from("bad")]))).toBe(true);
    const reads = () => rig.fleet.get("disk")?.reads.state;
    // Another replica may answer before the read that hangs is found to stand still.
    await vi.waitFor(() => expect(reads()).not.toBe("closed"), { timeout: 5000 });
    await vi.waitFor(() => expect(reads()).toBe("closed"), { timeout: 5000 });
    expect(await release(path)).toBe(true);
  });

  it("is passed over by a read, which another replica answers", async () => {
    await using disk = await onDisk();
    const backend = await disk.open({ stallMs: 100 });
    await using rig = await openRig({ backends: [backend, new MemoryBackend({ name: "memory", region: "there" })] });
    await rig.put("key", BYTES);
    const path = fileOf(disk, (await rig.blobOf("key")).storageKey);
    await rename(path, `${path}-aside`);
    await run("mkfifo", [path]);
    expect((await rig.get("key", { order: ["disk", "memory"] })).equals(BYTES)).toBe(true);
    expect((await rig.blobOf("key")).replicas.map(({ state }) => state)).toEqual(["verified", "verified"]);
    expect(await release(path)).toBe(true);
  });
});
