// docs/migrating.md: its commands are run in its order with a gateway process over two MinIOs, and a third to go to.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type GatewayProcess, MAIN, overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { readDocument } from "./examples.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const sections = readDocument("docs/migrating.md")
  .split(/^## /m)
  .map((section) => ({
    title: section.slice(0, section.indexOf("\n")),
    blocks: [...section.matchAll(/^```\w+ away\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text),
  }))
  .filter(({ blocks }) => blocks.length > 0);

describeWith(["minio", "rclone", "jq", "sha256sum"], "moving away by docs/migrating.md", () => {
  let home: string;
  let elsewhere: Minio;
  let toronto: Minio;
  let gateway: GatewayProcess;
  const open: AsyncDisposable[] = [];
  const opened = <T extends AsyncDisposable>(one: T): T => {
    open.push(one);
    return one;
  };

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "nearbucket-away-"));
    elsewhere = opened(await startMinio());
    const amsterdam = opened(await startMinio());
    toronto = opened(await startMinio());
    gateway = opened(await startGatewayProcess(overMinios([amsterdam, toronto])));
    await symlink(gateway.configFile, join(home, "nearbucket.yaml"));
    await mkdir(join(home, "bin"));
    await writeFile(join(home, "bin/nearbucket"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
    await chmod(join(home, "bin/nearbucket"), 0o755);
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    for (const Key of ["holiday/one.jpg", "holiday/two ü.jpg", "plain"])
      await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: randomBytes(100_000) }));
  });
  afterAll(async () => {
    for (const one of open.reverse()) await one[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true });
  });

  const here = (text: string): string =>
    text
      .replaceAll("127.0.0.1:9200", new URL(elsewhere.url).host)
      .replaceAll("127.0.0.1:9000", new URL(gateway.url).host)
      .replaceAll("ELSEWHEREKEY", elsewhere.accessKeyId)
      .replaceAll("elsewhere-secret", elsewhere.secretAccessKey)
      .replaceAll("NEARKEY", gateway.accessKeyId)
      .replaceAll("near-secret", gateway.secretAccessKey);

  async function paste(title: string): Promise<string> {
    let said = "";
    for (const text of sections.find((section) => section.title === title)?.blocks ?? []) {
      const [, file] = /^# (\S+\.yaml)\n/.exec(text) ?? [];
      if (file !== undefined) await writeFile(join(home, file), here(text));
      else {
        const env = { HOME: home, PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}` };
        said += await run("/bin/bash", ["-e", "-o", "pipefail", "-c", here(text)], { cwd: home, env });
      }
    }
    return said;
  }

  it("writes files, which sha256sum finds right", async () => {
    expect(await paste("As files")).toContain("3 objects copied");
    expect((await readFile(join(home, "way-out/photos/holiday/one.jpg"))).length).toBe(100_000);
  });

  it("sends objects to another service, in which rclone finds no difference", async () => {
    expect(await paste("To another S3 service")).toContain("3 objects copied");
    const found = await elsewhere.s3.send(new HeadObjectCommand({ Bucket: "photos", Key: "holiday/two ü.jpg" }));
    expect(found.ContentLength).toBe(100_000);
  });

  it("has a backend's service copy them by itself", async () => {
    expect(await paste("To a service that is a backend")).toContain("3 objects copied by the service itself");
    await toronto.s3.send(new HeadObjectCommand({ Bucket: "photos", Key: "plain" }));
  });

  it("runs all blocks of the page", () => {
    const run = ["As files", "To another S3 service", "To a service that is a backend"];
    expect(sections.map(({ title }) => title)).toEqual(run);
  });
});
