/**
 * Real files: `aws s3 sync` uploads a part of node_modules, which contains duplicates, and `rclone copy --checksum`
 * uploads it again into a second bucket. Both come back unchanged, and the second upload stores nothing.
 */
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { rcloneEnvironment } from "../support/rclone-environment.ts";
import { run } from "../support/run.ts";
import { awsEnvironment } from "./client.ts";

const NODE_MODULES = join(import.meta.dirname, "../../node_modules");
const FILES = 750;
/** Of the files, so many stand a second time under another name. */
const DUPLICATES = 150;
const REGIONS = ["amsterdam", "toronto", "singapore"];

interface Stats {
  readonly objects: number;
  readonly blobs: number;
  readonly replicas: number;
  readonly logicalBytes: number;
  readonly storedBytes: number;
  readonly dedupRatio: number;
  readonly underReplicated: number;
}

describeWith(["aws", "rclone"], "a tree of real files", () => {
  let gateway: GatewayProcess;
  let folder: string;
  let aws: (...words: string[]) => Promise<Buffer>;
  let rclone: (...words: string[]) => Promise<Buffer>;
  const at = (name: string): string => join(folder, name);
  const stats = async (): Promise<Stats> => JSON.parse(await gateway.command("stats", "--json")) as Stats;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nearbucket-real-"));
    await makeTree(at("tree"));
    await writeFile(at("rclone.conf"), "");
    gateway = await startGatewayProcess({
      regions: REGIONS.map((name, index) => ({ name, latitude: 0, longitude: index * 20 })),
      backends: REGIONS.map((name) => ({ kind: "disk", name, region: name, directory: at(name) }) as const),
    });
    aws = (...words) =>
      run(neededProgram("aws"), ["--endpoint-url", gateway.url, ...words], {
        env: awsEnvironment({ ...gateway, folder }),
      });
    rclone = (...words) =>
      run(neededProgram("rclone"), words, { env: rcloneEnvironment(gateway.url, gateway, at("rclone.conf")) });
    for (const Bucket of ["by-aws", "by-rclone"]) await gateway.s3.send(new CreateBucketCommand({ Bucket }));
  });
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it("goes in by aws s3 sync, each content once on two backends", { timeout: 240_000 }, async () => {
    await aws("s3", "sync", "--only-show-errors", at("tree"), "s3://by-aws");
    const { objects, blobs, replicas, underReplicated, dedupRatio } = await stats();
    expect(objects).toBe(FILES + DUPLICATES);
    expect(blobs).toBeLessThanOrEqual(FILES);
    expect(replicas).toBe(2 * blobs);
    expect(underReplicated).toBe(0);
    expect(dedupRatio).toBeGreaterThan(1);
  });

  it("has nothing left to sync", { timeout: 120_000 }, async () => {
    expect((await aws("s3", "sync", at("tree"), "s3://by-aws")).toString()).toBe("");
  });

  it("goes in again by rclone and stores nothing", { timeout: 240_000 }, async () => {
    const before = await stats();
    await rclone("copy", "--checksum", "--transfers", "8", at("tree"), "gateway:by-rclone");
    const after = await stats();
    expect(after).toMatchObject({ blobs: before.blobs, replicas: before.replicas, storedBytes: before.storedBytes });
    expect(after).toMatchObject({ objects: 2 * before.objects, logicalBytes: 2 * before.logicalBytes });
  });

  it("is identical when rclone compares every byte", { timeout: 240_000 }, async () => {
    await rclone("check", "--download", at("tree"), "gateway:by-aws");
    await rclone("check", "--download", at("tree"), "gateway:by-rclone");
  });

  it("comes out again by both, identical", { timeout: 240_000 }, async () => {
    await aws("s3", "sync", "--only-show-errors", "s3://by-rclone", at("out-of-aws"));
    await rclone("copy", "--checksum", "gateway:by-aws", at("out-of-rclone"));
    for (const out of ["out-of-aws", "out-of-rclone"]) await run("/usr/bin/env", ["diff", "-r", at("tree"), at(out)]);
  });
});

/** Files from all over node_modules, every so many in the order of their names, and some of them once more. */
async function makeTree(target: string): Promise<void> {
  const found = await readdir(NODE_MODULES, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(NODE_MODULES, join(entry.parentPath, entry.name)));
  const names = files.filter((name) => !name.startsWith(".")).sort();
  const chosen = Array.from({ length: FILES }, (_, index) => names[Math.floor((index * names.length) / FILES)] ?? "");
  const copies = [
    ...chosen.map((name) => [name, name] as const),
    ...chosen.slice(0, DUPLICATES).map((name) => [name, join("once more", name)] as const),
  ];
  for (const [name, copy] of copies) {
    await mkdir(dirname(join(target, copy)), { recursive: true });
    await cp(join(NODE_MODULES, name), join(target, copy));
  }
}
