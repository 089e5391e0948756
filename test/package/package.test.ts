/**
 * The packed package in a project of its own: installed from its tarball beside @aws-sdk/client-s3. The project
 * compiles against its types, uses `startGateway` in a test, and runs the command.
 */
import { cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../support/run.ts";

const ROOT = join(import.meta.dirname, "../..");
const ADDON = "node_modules/sqlite3/build";
/** Of processor time: the clock on the wall runs on while others use the machine. */
const READY_WITHIN_MS = 300;

const CONSUMER = `
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { startGateway } from "nearbucket";
import { followRedirects } from "nearbucket/follow";

test("an object comes back", async () => {
  await using gateway = await startGateway();
  const s3 = new S3Client(gateway.clientConfig);
  s3.middlewareStack.use(followRedirects);
  await s3.send(new CreateBucketCommand({ Bucket: "reports" }));
  await s3.send(new PutObjectCommand({ Bucket: "reports", Key: "2026/may.txt", Body: "all is well" }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "reports", Key: "2026/may.txt" }));
  assert.equal(await Body?.transformToString(), "all is well");
  s3.destroy();
});

test("a gateway is ready within ${READY_WITHIN_MS} ms of processor time", async () => {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const begun = process.cpuUsage();
    await using gateway = await startGateway({ backends: 3 });
    assert.equal((await fetch(gateway.url + "/-/ready")).status, 200);
    const { user, system } = process.cpuUsage(begun);
    times.push((user + system) / 1000);
  }
  assert.ok(Math.min(...times) < ${READY_WITHIN_MS}, times.join(", "));
});
`;

describe("the package", () => {
  let project: string;
  const inProject = (path: string, ...words: string[]): Promise<Buffer> =>
    run(path, words, { cwd: project, env: { npm_config_update_notifier: "false" } });

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), "nearbucket-consumer-"));
    // Without scripts: the build is there already, and other tests are running from it.
    const packed = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", project], {
      cwd: ROOT,
    });
    const [tarball] = JSON.parse(packed.toString()) as { filename: string }[];
    await writeFile(
      join(project, "package.json"),
      JSON.stringify({ name: "consumer", version: "1.0.0", type: "module", private: true }),
    );
    // The database driver takes more than a minute to compile: the one that npm ci compiled here is put in its place.
    await inProject(
      "npm",
      "install",
      "--ignore-scripts",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      `./${tarball?.filename}`,
      "@aws-sdk/client-s3",
    );
    await cp(join(ROOT, ADDON), join(project, ADDON), { recursive: true });
  }, 180_000);
  afterAll(() => rm(project, { recursive: true, force: true }));

  it("contains what it needs to run and nothing else", async () => {
    expect((await readdir(join(project, "node_modules/nearbucket"))).sort()).toEqual([
      "LICENSE",
      "README.md",
      "dist",
      "package.json",
    ]);
  });

  it("serves another project's test on startGateway", { timeout: 60_000 }, async () => {
    await writeFile(join(project, "consumer.test.ts"), CONSUMER);
    const language = [
      "--strict",
      "--target",
      "es2022",
      "--lib",
      "es2023,esnext.disposable,dom",
      "--module",
      "nodenext",
    ];
    const types = ["--typeRoots", join(ROOT, "node_modules/@types"), "--types", "node"];
    await inProject(join(ROOT, "node_modules/.bin/tsc"), ...language, ...types, "consumer.test.ts");
    await inProject(process.execPath, "--test", "consumer.test.js");
  });

  it("has a command", async () => {
    expect((await inProject("node_modules/.bin/nearbucket", "--help")).toString()).toContain("serve");
    expect((await inProject("node_modules/.bin/nearbucket", "--version")).toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
