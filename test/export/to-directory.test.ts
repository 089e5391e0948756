// `nearbucket export --to DIR`: files and attributes as the objects have them, whatever their keys and whatever stands
// in the way; run again, nothing is read twice.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { lstat, mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  PutObjectAclCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { fileName } from "../../src/export/file-name.ts";
import { expectEqual } from "../support/expect-equal.ts";
import { AWKWARD, DRESSED, type ExportScene, sha256Of, startExportScene } from "../support/export-scene.ts";
import { MAIN } from "../support/gateway-process.ts";
import { describeWith } from "../support/programs.ts";
import { filesBelow, flip } from "../support/rot.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

describeWith(["minio", "sha256sum"], "an export to a directory", () => {
  let scene: ExportScene;
  const parts = [randomBytes(5 * 1024 ** 2), randomBytes(1000)];

  beforeAll(async () => {
    scene = await startExportScene();
    for (const key of AWKWARD) await scene.put(key, `the content of ${key}`);
    await scene.put("dressed", "dressed", { ...DRESSED, StorageClass: "STANDARD_IA" });
    await scene.put("empty", Buffer.alloc(0));
    await scene.putParts("in parts", parts, DRESSED);
    await scene.gateway.s3.send(new CreateBucketCommand({ Bucket: "other" }));
    await scene.gateway.s3.send(new PutObjectCommand({ Bucket: "other", Key: "plain.txt", Body: "another" }));
  });
  afterAll(() => scene[Symbol.asyncDispose]());

  const linesOf = async (directory: string, bucket = "photos") =>
    (await readFile(join(directory, `${bucket}.attributes.jsonl`), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  it("writes every object as a file of its bytes and its time, and a line of its attributes", async () => {
    const to = await temporaryDirectory();
    const told = await scene.run("--to", to);
    const objects = AWKWARD.length + 4;
    expect(told).toMatchObject({ code: 0, written: objects, skipped: 0, failed: 0, failures: [] });
    expect((await readdir(to)).sort()).toEqual([
      "other",
      "other.attributes.jsonl",
      "photos",
      "photos.attributes.jsonl",
    ]);
    const lines = await linesOf(to);
    const keys = lines.map(({ key }) => key);
    expect(keys).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(new Set(keys)).toEqual(new Set([...AWKWARD, "dressed", "empty", "in parts"]));
    for (const { key, file, sha256, size, etag, lastModified } of lines) {
      const path = join(to, "photos", file);
      const head = await scene.gateway.s3.send(new HeadObjectCommand({ Bucket: "photos", Key: key }));
      expect([sha256Of(await readFile(path)), size, `"${etag}"`]).toEqual([sha256, head.ContentLength, head.ETag]);
      const { mtimeMs } = await stat(path);
      expect(Math.round(mtimeMs)).toBe(Date.parse(lastModified));
      expect(Math.floor(mtimeMs / 1000)).toBe((head.LastModified?.getTime() ?? 0) / 1000);
    }
    expect(await readFile(join(to, "photos/both%00"), "utf8")).toBe("the content of both");
    expect(await readFile(join(to, "photos/both/below"), "utf8")).toBe("the content of both/below");
    expect(lines.find(({ key }) => key === "dressed")).toMatchObject({
      ...{ contentType: "image/jpeg", cacheControl: "max-age=60", contentEncoding: "identity", contentLanguage: "de" },
      ...{ contentDisposition: DRESSED.ContentDisposition, storageClass: "STANDARD_IA" },
      expires: "Tue, 01 Jan 2030 00:00:00 GMT",
      metadata: DRESSED.Metadata,
      tags: [
        { key: "kind", value: "holiday" },
        { key: "who", value: "you + me" },
      ],
    });
    expect(lines.find(({ key }) => key === "in parts").parts).toEqual(parts.map(({ length }) => length));
    expect(await linesOf(to, "other")).toHaveLength(1);
  });

  it("leaves alone what stands there, and writes what changed: bytes, attributes, or the file itself", async () => {
    const to = await temporaryDirectory();
    await scene.run("--to", to);
    const photos = join(to, "photos");
    const before = await readFile(join(to, "photos.attributes.jsonl"), "utf8");
    const objects = AWKWARD.length + 4;
    expect(await scene.run("--to", to)).toMatchObject({ code: 0, written: 0, skipped: objects });
    expect(await readFile(join(to, "photos.attributes.jsonl"), "utf8")).toBe(before);
    await scene.put("plain.txt", "new bytes");
    await scene.gateway.addAccount("bob");
    await scene.gateway.s3.send(new PutObjectAclCommand({ Bucket: "photos", Key: "dressed", GrantRead: "id=bob" }));
    await writeFile(join(photos, "holiday/one.jpg"), "the content of holiday/ONE.jpg");
    await utimes(join(photos, "empty"), 1, 1);
    await rm(join(photos, "a"), { recursive: true });
    expect(await scene.run("--to", to)).toMatchObject({ code: 0, written: 3, skipped: objects - 3 });
    expect(await readFile(join(photos, "plain.txt"), "utf8")).toBe("new bytes");
    expect(await readFile(join(photos, "holiday/one.jpg"), "utf8")).toBe("the content of holiday/one.jpg");
    expect(await readFile(join(photos, "a/%2Fb"), "utf8")).toBe("the content of a//b");
    const lines = await linesOf(to);
    expect(lines).toHaveLength(objects - 1);
    expect(lines.find(({ key }) => key === "dressed").acl).toEqual([{ permission: "READ", account: "bob" }]);
    expect(lines.find(({ key }) => key === "plain.txt").sha256).toBe(sha256Of("new bytes"));
    await scene.put("plain.txt", "the content of plain.txt");
  });

  it("reads nothing from the backends for what stands there, with its line or without", async () => {
    const to = await temporaryDirectory();
    await scene.run("--to", to);
    const directory = join(await temporaryDirectory(), "gone");
    const away = await scene.configFile([{ kind: "disk", name: "gone", region: "one", directory }]);
    expect(await scene.run("--to", to, "--config", away)).toMatchObject({ code: 0, written: 0, failed: 0 });
    await rm(join(to, "photos.attributes.jsonl"));
    expect(await scene.run("--to", to, "--config", away)).toMatchObject({ code: 0, written: 0, failed: 0 });
    expect(await linesOf(to)).toHaveLength(AWKWARD.length + 3);
    await rm(join(to, "photos/plain.txt"));
    const told = await scene.run("--to", to, "--config", away);
    expect(told).toMatchObject({ code: 1, failed: 1, failures: [{ bucket: "photos", key: "plain.txt" }] });
  });

  it("goes below a prefix, into one bucket, since a time, and only looks where it is told to", async () => {
    const to = await temporaryDirectory();
    const below = join(to, "new");
    const dry = await scene.run("--to", below, "--bucket", "photos", "--prefix", "holiday/", "--dry-run");
    expect(dry).toMatchObject({ code: 0, written: 1 });
    expect(await readdir(to)).toEqual([]);
    await scene.run("--to", below, "--bucket", "photos", "--prefix", "holiday/");
    expect((await filesBelow(below)).map((path) => path.slice(below.length)).sort()).toEqual([
      "/photos.attributes.jsonl",
      "/photos/holiday/one.jpg",
    ]);
    const since = new Date(Date.now() + 3_600_000).toISOString();
    expect(await scene.run("--to", below, "--since", since)).toMatchObject({ written: 0, skipped: 0 });
    expect(await linesOf(below)).toHaveLength(1);
  });

  it("writes nothing outside, not through a link either", async () => {
    const to = await temporaryDirectory();
    const outside = await temporaryDirectory();
    await writeFile(join(outside, "one.jpg"), "not ours");
    await mkdir(join(to, "photos"));
    await symlink(outside, join(to, "photos/holiday"));
    await symlink(join(outside, "one.jpg"), join(to, "photos/plain.txt"));
    const told = await scene.run("--to", to, "--bucket", "photos");
    expect(told).toMatchObject({ code: 1, failed: 1, failures: [{ key: "holiday/one.jpg" }] });
    expect(told.failures[0]?.reason).toContain("is no folder");
    expect(await readdir(outside)).toEqual(["one.jpg"]);
    expect(await readFile(join(outside, "one.jpg"), "utf8")).toBe("not ours");
    expect((await lstat(join(to, "photos/plain.txt"))).isFile()).toBe(true);
    expect(await readFile(join(to, "photos/plain.txt"), "utf8")).toBe("the content of plain.txt");
    expect(await readFile(join(to, "photos", fileName("../../outside", false)), "utf8")).toContain("outside");
  });

  it("makes way for a folder where a key stood as a file", async () => {
    const to = await temporaryDirectory();
    await scene.put("grows", "first");
    await scene.run("--to", to, "--bucket", "photos", "--prefix", "grows");
    expect(await readFile(join(to, "photos/grows"), "utf8")).toBe("first");
    await scene.put("grows/up", "second");
    const told = await scene.run("--to", to, "--bucket", "photos", "--prefix", "grows");
    expect(told).toMatchObject({ code: 0, written: 2 });
    expect(await readFile(join(to, "photos/grows%00"), "utf8")).toBe("first");
    expect(await readFile(join(to, "photos/grows/up"), "utf8")).toBe("second");
    for (const Key of ["grows", "grows/up"])
      await scene.gateway.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key }));
  });

  it("takes the next replica where one is damaged, and tells which objects have no good one", async () => {
    const to = await temporaryDirectory();
    const [once, twice] = [randomBytes(300_000), randomBytes(300_000)];
    const before = new Set(await filesBelow(scene.diskDirectory));
    await scene.put("damaged/once", once);
    await scene.put("damaged/twice", twice);
    const others = parts.map(({ length }) => randomBytes(length));
    await scene.putParts("damaged/parts", others);
    const made = (await filesBelow(scene.diskDirectory)).filter((path) => !before.has(path));
    for (const path of made) if ((await stat(path)).size > 100_000) await flip(path, 100_000);
    expect(await scene.run("--to", to, "--prefix", "damaged/")).toMatchObject({ code: 0, written: 3, failed: 0 });
    expectEqual(await readFile(join(to, "photos/damaged/once")), once);
    expectEqual(await readFile(join(to, "photos/damaged/parts")), Buffer.concat(others));
    const only = await scene.configFile(scene.backends.slice(0, 1));
    const elsewhere = await temporaryDirectory();
    const told = await scene.run("--to", elsewhere, "--bucket", "photos", "--config", only);
    expect(told).toMatchObject({ code: 1, failed: 3, written: AWKWARD.length + 3 });
    expect(told.failures.map(({ key }) => key).sort()).toEqual(["damaged/once", "damaged/parts", "damaged/twice"]);
    expect((await filesBelow(elsewhere)).filter((path) => path.includes("damaged"))).toEqual([]);
    for (const Key of ["damaged/once", "damaged/twice", "damaged/parts"])
      await scene.gateway.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key }));
  });

  it("is killed in the middle, and goes on when it is run again", async () => {
    const to = await temporaryDirectory();
    const contents = new Map(Array.from({ length: 150 }, (_, n) => [`many/${n}`, randomBytes(4000)]));
    for (const [key, bytes] of contents) await scene.put(key, bytes);
    const words = ["export", "--to", to, "--bucket", "photos", "--prefix", "many/"];
    const child = spawn(process.execPath, [MAIN, ...words, "--config", await scene.configFile()]);
    const ended = once(child, "close");
    const files = () => readdir(join(to, "photos/many")).catch(() => []);
    await vi.waitFor(async () => expect((await files()).length).toBeGreaterThan(5), { timeout: 30_000, interval: 2 });
    child.kill("SIGKILL");
    expect((await ended)[1]).toBe("SIGKILL");
    const stood = await files();
    expect(stood.length).toBeLessThan(contents.size);
    const whole = async (name: string) =>
      (await readFile(join(to, "photos/many", name))).equals(contents.get(`many/${name}`) ?? Buffer.alloc(0));
    for (const name of stood) expect([name, await whole(name)]).toEqual([name, true]);
    const told = await scene.run(...words.slice(1));
    expect(told).toMatchObject({ code: 0, skipped: stood.length, written: contents.size - stood.length });
    for (const name of await files()) expect([name, await whole(name)]).toEqual([name, true]);
    expect((await linesOf(to)).map(({ key }) => key)).toEqual([...contents.keys()].sort());
    expect((await readdir(to)).sort()).toEqual(["photos", "photos.attributes.jsonl"]);
    const Objects = [...contents.keys()].map((Key) => ({ Key }));
    await scene.gateway.s3.send(new DeleteObjectsCommand({ Bucket: "photos", Delete: { Objects } }));
  });

  it("refuses a directory within a disk of the gateway, and one whose folder is not there", async () => {
    const within = await scene.run("--to", join(scene.diskDirectory, "out"));
    expect(within).toMatchObject({ code: 1 });
    expect(within.err).toContain("within each other");
    const typo = await scene.run("--to", "minoi/photos");
    expect([typo.code, typo.err]).toEqual([1, expect.stringContaining("neither BACKEND/BUCKET nor in a folder")]);
  });
});
