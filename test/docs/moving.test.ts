// docs/moving-from-minio.md: its commands are run in its order with a real MinIO, a gateway process over two others, mc,
// rclone and aws, and every object arrives with its bytes and attributes.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type GatewayProcess, MAIN, overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { readDocument } from "./examples.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const SECRET = "a-long-random-secret";

const blocks = readDocument("docs/moving-from-minio.md")
  .split(/^## /m)
  .map((section) => ({
    title: section.slice(0, section.indexOf("\n")),
    blocks: [...section.matchAll(/^```(\w+) move\n([\s\S]*?)^```$/gm)].map(([, language, text = ""]) => ({
      file: language === "sh" ? undefined : /^# (\S+)\n/.exec(text)?.[1],
      text,
    })),
  }))
  .filter((section) => section.blocks.length > 0);

describeWith(["minio", "mc", "rclone", "aws"], "moving from MinIO by docs/moving-from-minio.md", () => {
  let home: string;
  let old: Minio;
  let gateway: GatewayProcess;
  let alice: S3Client;
  const open: AsyncDisposable[] = [];
  const contents: Readonly<Record<string, Buffer>> = {
    "holiday/one.jpg": randomBytes(300_000),
    "holiday/two ü&+.jpg": randomBytes(10),
    empty: Buffer.alloc(0),
    "in parts": randomBytes(11 * 1024 ** 2),
  };

  const opened = <T extends AsyncDisposable>(one: T): T => {
    open.push(one);
    return one;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "nearbucket-moving-"));
    old = opened(await startMinio({ buckets: ["photos"] }));
    const stores = [opened(await startMinio({ buckets: ["blobs"] })), opened(await startMinio({ buckets: ["blobs"] }))];
    gateway = opened(await startGatewayProcess(overMinios(stores)));
    alice = new S3Client({
      endpoint: gateway.url,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "PHOTOSKEY", secretAccessKey: SECRET },
    });
    for (const name of ["photoskey", "viewerkey"]) await writeFile(join(home, `${name}.secret`), SECRET);
    await symlink(gateway.configFile, join(home, "nearbucket.yaml"));
    await mkdir(join(home, "bin"));
    await writeFile(join(home, "bin/nearbucket"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
    await chmod(join(home, "bin/nearbucket"), 0o755);
    await fill(old.s3, contents);
  });
  afterAll(async () => {
    alice?.destroy();
    for (const one of open.reverse()) await one[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  const here = (text: string): string =>
    text
      .replaceAll("127.0.0.1:9100", new URL(old.url).host)
      .replaceAll("127.0.0.1:9000", new URL(gateway.url).host)
      .replaceAll("MINIOKEY", old.accessKeyId)
      .replaceAll("minio-secret", old.secretAccessKey);

  async function paste(title: string): Promise<string> {
    let said = "";
    for (const { file, text } of blocks.find((section) => section.title === title)?.blocks ?? []) {
      if (file === undefined) {
        const env = { HOME: home, PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}` };
        said += await run("/bin/bash", ["-e", "-o", "pipefail", "-c", here(text)], { cwd: home, env });
      } else {
        await mkdir(dirname(join(home, file)), { recursive: true });
        await writeFile(join(home, file), here(text));
      }
    }
    return said;
  }

  it("shows what is there, and makes the keys", async () => {
    expect(await paste("1. Look at what is there")).toContain("photos/");
    const said = await paste("3. Make the keys");
    expect(said).toContain("PHOTOSKEY");
    expect(said).toContain("VIEWERKEY");
  });

  it("copies every object with its bytes, its attributes and its tags", async () => {
    await paste("4. Copy while MinIO serves");
    expect(await paste("5. Compare every byte")).toMatch(/^SAFE/m);
    const { Contents = [] } = await alice.send(new ListObjectsV2Command({ Bucket: "photos" }));
    expect(Contents.map(({ Key }) => Key)).toEqual(Object.keys(contents).sort());
    for (const [Key, content] of Object.entries(contents)) {
      const { Body } = await alice.send(new GetObjectCommand({ Bucket: "photos", Key }));
      expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(content), Key).toBe(true);
    }
    const at = { Bucket: "photos", Key: "holiday/one.jpg" };
    expect(await alice.send(new HeadObjectCommand(at))).toMatchObject({
      ContentType: "image/jpeg",
      CacheControl: "max-age=60",
      Metadata: { place: "somewhere", mtime: expect.stringMatching(/^\d+/) },
    });
    expect((await alice.send(new GetObjectTaggingCommand(at))).TagSet).toEqual([{ Key: "year", Value: "2026" }]);
  });

  it("deletes in the gateway what is gone from MinIO, and brings back what was written since", async () => {
    await old.s3.send(new DeleteObjectCommand({ Bucket: "photos", Key: "empty" }));
    await paste("4. Copy while MinIO serves");
    await expect(alice.send(new HeadObjectCommand({ Bucket: "photos", Key: "empty" }))).rejects.toThrow();
    await alice.send(new PutObjectCommand({ Bucket: "photos", Key: "new", Body: "written after the switch" }));
    await paste("Going back");
    const { Body } = await old.s3.send(new GetObjectCommand({ Bucket: "photos", Key: "new" }));
    expect(await Body?.transformToString()).toBe("written after the switch");
  });

  it("runs all blocks of the page", () => {
    expect(blocks.map(({ title }) => title)).toEqual([
      "1. Look at what is there",
      "3. Make the keys",
      "4. Copy while MinIO serves",
      "5. Compare every byte",
      "Going back",
    ]);
  });
});

async function fill(s3: S3Client, contents: Readonly<Record<string, Buffer>>): Promise<void> {
  for (const [Key, Body] of Object.entries(contents)) {
    const at = { Bucket: "photos", Key };
    if (Key !== "in parts") {
      await s3.send(
        new PutObjectCommand({
          ...at,
          Body,
          ContentType: "image/jpeg",
          CacheControl: "max-age=60",
          Metadata: { place: "somewhere" },
          Tagging: "year=2026",
        }),
      );
      continue;
    }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
    const halves = [Body.subarray(0, 6 * 1024 ** 2), Body.subarray(6 * 1024 ** 2)];
    const Parts = [];
    for (const [index, half] of halves.entries()) {
      const PartNumber = index + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body: half }));
      Parts.push({ PartNumber, ETag });
    }
    await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
  }
}
