// `nearbucket import --in-place`: the objects that aws, mc and others wrote into a MinIO are the gateway's, where they
// stand, with all that belongs to them; nothing of the bucket is read or written for it, and what was not adopted is
// nobody's to delete.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { encodePath } from "../../src/signature-v4.ts";
import { runCommand } from "../cli/terminal.ts";
import { MAIN } from "../support/gateway-process.ts";
import { ANY, type ImportScene, KEY, LONG, MIB, openImportScene, read } from "../support/import-scene.ts";
import { describeWith } from "../support/programs.ts";
import { rcloneEnvironment } from "../support/rclone-environment.ts";
import { run } from "../support/run.ts";
import { type S3Proxy, startS3Proxy } from "../support/s3-proxy.ts";
import { signedFetch } from "../support/sign.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const WITHIN = { timeout: 60_000, interval: 50 };
const DAY_MS = 86_400_000;
const ATTRIBUTES = [
  ...(["ETag", "ContentLength", "ContentType", "CacheControl", "ContentDisposition", "ContentLanguage"] as const),
  ...(["Metadata", "LastModified"] as const),
];

describeWith(["minio", "mc", "aws", "rclone"], "nearbucket import", () => {
  let scene: ImportScene;
  beforeAll(async () => {
    scene = await openImportScene();
  });
  afterAll(() => scene?.[Symbol.asyncDispose]());

  const photos = (...words: readonly string[]) => scene.adopt("amsterdam/photos", "photos", ...words);
  const isWhole = async (key: string) => {
    const { digest, replicas } = await scene.blobOf(key);
    const content = scene.contents.get(key) ?? "";
    expect({ key, digest, good: replicas.map(({ state }) => state) }).toEqual({
      ...{ key, digest: createHash("sha256").update(content).digest("hex"), good: ["verified", "verified"] },
    });
  };
  const proxiedBy = async (proxy: S3Proxy) => {
    const file = join(scene.home, "proxied.yaml");
    const [amsterdam, ...others] = scene.input.backends;
    await writeFile(
      file,
      JSON.stringify({ ...scene.input, backends: [{ ...amsterdam, endpoint: proxy.url }, ...others] }),
    );
    return file;
  };
  const keysIn = async () =>
    ((await scene.minio.s3.send(new ListObjectsV2Command({ Bucket: "photos" }))).Contents ?? []).map(
      ({ Key = "" }) => Key,
    );

  it("says what it would do, and does nothing", async () => {
    await scene.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "~tilde", Body: "written to the gateway" }));
    const report = await photos("--dry-run");
    expect(report).toMatchObject({
      ...{
        code: 1,
        listed: scene.contents.size,
        imported: scene.contents.size - 2,
        skipped: { exists: 1, "long-key": 1 },
      },
      examples: [
        { key: LONG, reason: "long-key" },
        { key: "~tilde", reason: "exists" },
      ],
    });
    expect((await scene.s3.send(new ListObjectsV2Command({ Bucket: "photos" }))).KeyCount).toBe(1);
    await scene.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key: "~tilde" }));
  });

  it("adopts a part, and the rest with the next run, without a byte of them read or written", async () => {
    const before = scene.audit.entries.length;
    expect(await photos("--prefix", "twins/")).toMatchObject({ code: 0, listed: 2, imported: 2, skipped: {} });
    const adopted = scene.contents.size - 1;
    const rest = await photos();
    expect(rest).toMatchObject({ code: 1, listed: scene.contents.size, imported: adopted - 2, known: 2 });
    expect(rest["err"]).toContain("belongs to nearbucket from now on");
    expect(await photos()).toMatchObject({ imported: 0, known: adopted, skipped: { "long-key": 1 } });
    scene.contents.delete(LONG);
    const own = scene.audit.entries.slice(before).filter(({ api, userAgent }) => {
      return userAgent?.includes("aws-sdk-js") && !(api.object ?? "").startsWith("nearbucket");
    });
    expect([...new Set(own.map(({ api }) => api.name))].sort()).toEqual([
      ...["GetObjectTagging", "HeadObject", "ListObjectsV2"],
    ]);
  });

  it("has two copies of each, and their digests, in the end", async () => {
    for (const key of scene.contents.keys()) await vi.waitFor(() => isWhole(key), WITHIN);
  });

  it("gives out the same bytes and attributes", async () => {
    for (const [key, content] of scene.contents) expect((await read(scene.s3, key)).equals(content), key).toBe(true);
    for (const Key of scene.contents.keys()) {
      const [old, now] = await Promise.all(
        [scene.minio.s3, scene.s3].map((one) => one.send(new HeadObjectCommand({ Bucket: "photos", Key }))),
      );
      for (const name of ATTRIBUTES) expect(now?.[name], `${name} of ${Key}`).toEqual(old?.[name]);
    }
    for (const Key of ["tagged", "by mc"]) {
      const [old, now] = await Promise.all(
        [scene.minio.s3, scene.s3].map((one) => one.send(new GetObjectTaggingCommand({ Bucket: "photos", Key }))),
      );
      const sorted = (tags: typeof old) => tags?.TagSet?.toSorted((a, b) => (a.Key ?? "").localeCompare(b.Key ?? ""));
      expect(sorted(now)).toEqual(sorted(old));
    }
    const part = await scene.s3.send(new HeadObjectCommand({ Bucket: "photos", Key: "by aws", PartNumber: 3 }));
    expect(part).toMatchObject({ ContentLength: 4 * MIB + 1, PartsCount: 3 });
  });

  it("stores equal contents once", async () => {
    await vi.waitFor(
      async () => expect((await scene.blobOf("twins/one")).id).toBe((await scene.blobOf("twins/two")).id),
      WITHIN,
    );
  });

  it("sends clients to an adopted object only where it answers with their object's own attributes", async () => {
    const to = async (key: string) => {
      const path = `/photos/${encodePath(key)}`;
      const headers = { "x-nearbucket-redirect": "always" };
      return signedFetch({ endpoint: scene.gateway.url, ...KEY })({ method: "GET", path, headers });
    };
    const sent = await to("a b+c&d");
    expect(sent.status).toBe(307);
    const location = String(sent.headers["location"]);
    expect(location.startsWith(`${scene.minio.publicUrl}/photos/a%20b%2Bc%26d?`)).toBe(true);
    expect(Buffer.from(await (await fetch(location)).arrayBuffer())).toEqual(scene.contents.get("a b+c&d"));
    const statuses = await Promise.all(["twins/one", "twins/two"].map(async (key) => (await to(key)).status));
    expect(statuses.sort()).toEqual([200, 307]);
  });

  it("adopts any key that there is, in parts of any size, from another service too", async () => {
    const at = { Bucket: "films", Key: "in parts" };
    const bytes = [6 * MIB, 5 * MIB, 1].map((size) => randomBytes(size));
    const { UploadId } = await scene.films.send(new CreateMultipartUploadCommand(at));
    const Parts = [];
    for (const [index, Body] of bytes.entries()) {
      const PartNumber = index + 1;
      const { ETag } = await scene.films.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }));
      Parts.push({ PartNumber, ETag });
    }
    await scene.films.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    expect(await scene.adopt("toronto/films", "films")).toMatchObject({
      code: 0,
      imported: ANY.length + 1,
      skipped: {},
    });
    for (const Key of ANY) {
      await vi.waitFor(async () => expect((await scene.blobOf(Key, "films")).replicas).toHaveLength(2), WITHIN);
      expect((await read(scene.s3, Key, "films")).toString()).toBe(`bytes of ${Key}`);
    }
    await vi.waitFor(async () => {
      const { digest, partSizes, replicas } = await scene.blobOf("in parts", "films");
      expect({ digest, partSizes, good: replicas.map(({ state }) => state) }).toEqual({
        digest: createHash("sha256").update(Buffer.concat(bytes)).digest("hex"),
        partSizes: [6 * MIB, 5 * MIB, 1],
        good: ["verified", "verified"],
      });
    }, WITHIN);
  });

  it("differs nowhere, by rclone, from the old bucket", async () => {
    await scene.minio.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key: LONG }));
    const empty = join(scene.home, "rclone.conf");
    await writeFile(empty, "");
    const old = rcloneEnvironment(scene.minio.url, scene.minio, empty);
    const env = {
      ...rcloneEnvironment(scene.gateway.url, KEY, empty),
      ...Object.fromEntries(Object.entries(old).map(([name, value]) => [name.replace("GATEWAY", "OLD"), value])),
    };
    await run("rclone", ["check", "--download", "old:photos", "gateway:photos", "--exclude", "/nearbucket/**"], {
      env,
    });
  });

  it("goes on after it was killed in the middle", async () => {
    for (let at = 100; at < 350; at++) await scene.store(`many/${at}`, randomBytes(10));
    await using proxy = await startS3Proxy(scene.minio.url);
    const held = proxy.script({ method: "HEAD", key: /^many\/320$/ }, { do: "hold" });
    const file = await proxiedBy(proxy);
    const words = ["import", "amsterdam/photos", "--to", "photos", "--in-place", "--prefix", "many/"];
    const running = spawn(process.execPath, [MAIN, ...words, "--config", file], { stdio: "ignore" });
    const ended = once(running, "exit");
    await held.met;
    running.kill("SIGKILL");
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(await photos("--prefix", "many/")).toMatchObject({ code: 0, imported: 50, known: 200, skipped: {} });
    for (const key of ["many/100", "many/349"]) await vi.waitFor(() => isWhole(key), WITHIN);
  });

  it("waits for a store that is away for a moment", async () => {
    for (let at = 0; at < 3; at++) await scene.store(`away/${at}`, randomBytes(10));
    await using proxy = await startS3Proxy(scene.minio.url);
    // Each refuses one. Two listings are read, and a request is sent five times before it has failed.
    for (let at = 0; at < 11; at++)
      proxy.script({ method: "GET", query: "list-type", nth: 1 }, { do: "status", status: 503 });
    for (let at = 0; at < 6; at++)
      proxy.script({ method: "HEAD", key: "away/1", nth: 1 }, { do: "status", status: 503 });
    const words = ["import", "amsterdam/photos", "--to", "photos", "--in-place", "--prefix", "away/", "--json"];
    const { code, out } = await runCommand([...words, "--config", await proxiedBy(proxy)]);
    expect({ code, ...JSON.parse(out) }).toMatchObject({ code: 0, imported: 3, skipped: {} });
  });

  it("notices what an old client overwrote, and leaves it there", async () => {
    await scene.minio.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "by mc", Body: "by an old client" }));
    const amsterdam = async () => (await scene.blobOf("by mc")).replicas.find(({ backend }) => backend === "amsterdam");
    await vi.waitFor(async () => {
      expect((await read(scene.s3, "by mc")).equals(scene.contents.get("by mc") ?? Buffer.alloc(0))).toBe(true);
      expect((await amsterdam())?.state).toBe("lost");
    }, WITHIN);
    // The copy that is made for it is refused there, and no other store is left.
    await vi.waitFor(async () => {
      const failing = await scene.gateway.metadata.failingJobs(10);
      expect(failing).toContainEqual(expect.objectContaining({ kind: "copy" }));
    }, WITHIN);
    expect((await read(scene.minio.s3, "by mc")).toString()).toBe("by an old client");
    scene.contents.delete("by mc");
    await scene.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key: "by mc" }));
  });

  it("deletes after the grace what is deleted, and nothing that it did not adopt", async () => {
    await scene.minio.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "foreign", Body: "not adopted" }));
    await scene.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key: "tagged" }));
    const before = await keysIn();
    await scene.restart(DAY_MS + 3_600_000);
    await vi.waitFor(async () => expect(await keysIn()).not.toContain("tagged"), WITHIN);
    await vi.waitFor(async () => {
      const walked = await scene.gateway.metadata.inventories();
      expect(walked.map(({ backend }) => backend)).toEqual(["amsterdam", "toronto"]);
      expect(walked.every(({ walkedAt }) => walkedAt.getTime() > Date.now() + DAY_MS)).toBe(true);
    }, WITHIN);
    expect(await runCommand(["scrub", "amsterdam", "--wait", "--config", scene.configFile])).toMatchObject({ code: 0 });
    expect((await scene.gateway.metadata.quarantine.totals("amsterdam")).keys).toBe(0);
    expect((await scene.gateway.metadata.quarantine.totals("toronto")).keys).toBe(0);
    const gone = before.filter((key) => !key.startsWith("nearbucket"));
    const left = await keysIn();
    expect(gone.filter((key) => !left.includes(key)).length).toBeLessThanOrEqual(2);
    expect(left).toContain("foreign");
    expect((await read(scene.minio.s3, "by mc")).toString()).toBe("by an old client");
    const { found } = await scene.gateway.metadata.objects.find("photos", "by mc");
    expect(found).toBeUndefined();
    const mine = () => photos("--prefix", "by mc", "--dry-run");
    expect(await mine()).toMatchObject({ known: 0, skipped: { deleted: 1 } });
    expect(await photos("--stop")).toMatchObject({ stopped: true });
    expect(await mine()).toMatchObject({ known: 0, imported: 1 });
  });
});
