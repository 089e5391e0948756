// docs/adopting.md: its configurations and its commands are used in their order, with a real MinIO that holds objects:
// one gateway copies its bucket, is read before and after, and takes a directory; another one adopts the bucket.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { MAIN } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { readDocument } from "./examples.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const blocks = [...readDocument("docs/adopting.md").matchAll(/^```(\w+) (\w+)\n([\s\S]*?)^```$/gm)];
const textOf = (language: string, mark: string) =>
  blocks.filter(([, is, marked]) => is === language && marked === mark).map(([, , , text = ""]) => text);
const [create = "", adopt = "", finish = ""] = textOf("sh", "adopt");

const bytes = () => randomBytes(1000);
const OBJECTS = new Map(
  [
    ..."one.jpg|2026/two ü.jpg|2026/a+b&c=d.txt|2026/100%25 #?.txt|2026-01|2026.txt|quote \" and '.txt".split("|"),
    ..."€/😀/<x>|~/.hidden/*|[brackets]/{braces}|a;b,c:d@e$f!|(1)/tab\tand more".split("|"),
  ].map((key) => [key, bytes()]),
);
const FILES = new Map(["plain.txt", "folder/two words.txt", "folder/ü+&.bin"].map((path) => [path, bytes()]));

describeWith(["minio", "aws", "rclone"], "docs/adopting.md", () => {
  let home: string;
  let minio: Minio;
  let gateway: ServerProcess | undefined;
  let s3: S3Client | undefined;
  let port: number;

  const here = (text: string): string =>
    text
      .replaceAll("127.0.0.1:9100", new URL(minio.url).host)
      .replaceAll("127.0.0.1:9000", `127.0.0.1:${port}`)
      .replaceAll("MINIOKEY", minio.accessKeyId)
      .replaceAll("minio-secret", minio.secretAccessKey)
      .replaceAll("/var/lib", join(home, "lib"))
      .replaceAll("/srv", join(home, "srv"));
  const paste = async (text: string) => {
    const env = { HOME: home, PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}` };
    return `${await run("/bin/bash", ["-e", "-o", "pipefail", "-c", here(text)], { cwd: home, env })}`;
  };
  const stop = async () => {
    s3?.destroy();
    await gateway?.[Symbol.asyncDispose]();
  };
  /** With the page's only configuration of that mark, and directories that nobody has used. */
  const serve = async (mark: string) => {
    await stop();
    for (const name of ["lib", "srv"]) await rm(join(home, name), { recursive: true, force: true });
    for (const name of ["lib/nearbucket", "srv/blobs"]) await mkdir(join(home, name), { recursive: true });
    port = await freePort();
    const file = join(home, "nearbucket.yaml");
    await writeFile(file, `${here(textOf("yaml", mark).join())}listen: { port: ${port} }\n`);
    gateway = await startServerProcess({
      ...{ path: process.execPath, readyUrl: `http://127.0.0.1:${port}/-/ready` },
      arguments: [MAIN, "serve", "--config", file],
    });
    s3 = new S3Client({
      ...{ endpoint: `http://127.0.0.1:${port}`, region: "us-east-1", forcePathStyle: true },
      credentials: { accessKeyId: "ROOTKEY", secretAccessKey: "a-long-root-secret" },
    });
  };
  /** All that the gateway's bucket shows, as it reads. */
  const everything = async () => {
    const found = new Map<string, Buffer>();
    if (s3 === undefined) return found;
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: "photos" }))
      for (const { Key } of Contents) {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: "photos", Key }));
        found.set(`${Key}`, Buffer.from((await Body?.transformToByteArray()) ?? []));
      }
    return found;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "nearbucket-migrating-"));
    minio = await startMinio({ buckets: ["photos"] });
    for (const [Key, Body] of OBJECTS) await minio.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body }));
    for (const [path, content] of FILES) {
      await mkdir(join(home, "files/folder"), { recursive: true });
      await writeFile(join(home, "files", path), content);
    }
    await mkdir(join(home, "bin"));
    await writeFile(join(home, "bin/nearbucket"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
    await chmod(join(home, "bin/nearbucket"), 0o755);
  });
  afterAll(async () => {
    await stop();
    await minio?.[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  it("copies what is there, which is read before and after", async () => {
    await serve("copy");
    const [begin = "", end = ""] = textOf("sh", "copy");
    await paste(create);
    const said = await paste(begin);
    expect(said).toContain("12 objects, 11.7 KiB, would be copied into photos");
    expect(said).toContain("12 objects, 11.7 KiB, copied into photos");
    const all = new Map(OBJECTS);
    const write = async (Key: string) => {
      const Body = bytes();
      all.set(Key, Body);
      await minio.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body }));
    };
    for (const key of ["late/ü 1+1%2B.jpg", "late/ü", "late/€ & ?x=y"]) await write(key);
    // Three of them are kept by being read.
    expect(sorted(await everything())).toEqual(sorted(all));
    await write("later/ü & more");
    const ended = await paste(end);
    expect(ended).toContain("1 object, 1000 B, copied into photos");
    expect(ended).toContain("photos reads nothing in old/photos any more.");
    await minio.kill();
    expect(sorted(await everything())).toEqual(sorted(all));
    await minio.restart();
  });

  it("takes a directory", async () => {
    const before = await everything();
    for (const block of textOf("sh", "directory")) await paste(block);
    expect(sorted(await everything())).toEqual(sorted(new Map([...before, ...FILES])));
  });

  it("adopts what is there", async () => {
    await serve("adopt");
    await paste(create);
    const said = await paste(adopt);
    expect(said).toContain("16 objects, 15.6 KiB, would be adopted into photos");
    expect(said).toContain("16 objects, 15.6 KiB, adopted into photos");
    expect(await paste(finish)).toContain("photos reads nothing in amsterdam/photos any more.");
  });

  it("is safe in the end, and the same", async () => {
    const [status = "", compare = ""] = textOf("sh", "adopted");
    await vi.waitFor(async () => expect(await paste(status)).toMatch(/^SAFE/m), { timeout: 60_000, interval: 500 });
    await paste(compare);
  });

  it("uses every block of the page", () => {
    expect(readDocument("docs/adopting.md").match(/^```\w+/gm)).toHaveLength(blocks.length);
    expect(blocks.map(([, language, mark]) => `${language} ${mark}`)).toEqual([
      ...["yaml adopt", "sh adopt", "sh adopt", "sh adopt", "sh adopted", "sh adopted"],
      ...["yaml copy", "sh copy", "sh copy", "sh directory"],
    ]);
  });
});

const sorted = (objects: ReadonlyMap<string, Buffer>) =>
  [...objects].map(([key, content]) => `${key} ${content.toString("hex")}`).sort();
