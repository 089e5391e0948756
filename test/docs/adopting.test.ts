// docs/adopting.md: its configuration and its commands are used in their order, with a real MinIO that holds objects.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { MAIN } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { readDocument } from "./examples.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const blocks = [...readDocument("docs/adopting.md").matchAll(/^```(\w+) (adopt\w*)\n([\s\S]*?)^```$/gm)];
const textOf = (language: string, mark: string) =>
  blocks.filter(([, is, marked]) => is === language && marked === mark).map(([, , , text = ""]) => text);

describeWith(["minio", "aws", "rclone"], "adopting a bucket by docs/adopting.md", () => {
  let home: string;
  let minio: Minio;
  let gateway: ServerProcess | undefined;
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

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "nearbucket-migrating-"));
    minio = await startMinio({ buckets: ["photos"] });
    port = await freePort();
    for (const Key of ["one.jpg", "2026/two ü.jpg"])
      await minio.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: randomBytes(1000) }));
    for (const name of ["bin", "lib/nearbucket", "srv/blobs"]) await mkdir(join(home, name), { recursive: true });
    await writeFile(join(home, "bin/nearbucket"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
    await chmod(join(home, "bin/nearbucket"), 0o755);
  });
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await minio?.[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  it("adopts what is there", async () => {
    const [configuration = ""] = textOf("yaml", "adopt");
    const file = join(home, "nearbucket.yaml");
    await writeFile(file, `${here(configuration)}listen: { port: ${port} }\n`);
    gateway = await startServerProcess({
      ...{ path: process.execPath, readyUrl: `http://127.0.0.1:${port}/-/ready` },
      arguments: [MAIN, "serve", "--config", file],
    });
    const [create = "", adopt = ""] = textOf("sh", "adopt");
    await paste(create);
    const said = await paste(adopt);
    expect(said).toContain("would be adopted into photos");
    expect(said).toContain("2 objects, 2.0 KiB, adopted into photos");
  });

  it("is safe in the end, and the same", async () => {
    const [status = "", compare = ""] = textOf("sh", "adopted");
    await vi.waitFor(async () => expect(await paste(status)).toMatch(/^SAFE/m), { timeout: 60_000, interval: 500 });
    await paste(compare);
  });

  it("uses every block of the page", () => {
    expect(readDocument("docs/adopting.md").match(/^```\w+/gm)).toHaveLength(blocks.length);
    expect(blocks.map(([, language, mark]) => `${language} ${mark}`)).toEqual([
      ...["yaml adopt", "sh adopt", "sh adopt", "sh adopted", "sh adopted"],
    ]);
  });
});
