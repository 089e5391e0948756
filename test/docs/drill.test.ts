// docs/backup.md: the drill restores beside a running gateway, finds the same objects, and leaves nothing behind: neither
// a journal nor a change on the backends.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import { type GatewayProcess, MAIN, startGatewayProcess } from "../support/gateway-process.ts";
import { describeWith } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { examples } from "./examples.ts";

vi.setConfig({ testTimeout: 120_000 });
const NAMES = ["amsterdam", "toronto"];

/** All lines at once: JSON is YAML. */
async function asLines({ configFile }: GatewayProcess): Promise<string> {
  const config: Record<string, unknown> = JSON.parse(await readFile(configFile, "utf8"));
  const metadata = config["metadata"] ?? { kind: "sqlite", file: "/never/there" };
  return Object.entries({ ...config, metadata })
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join("");
}

async function journalOf({ url }: GatewayProcess): Promise<Record<string, unknown>> {
  const document: { journal: Record<string, unknown> } = JSON.parse(await (await fetch(`${url}/-/status`)).text());
  return document.journal;
}

describeWith(["aws"], "the drill of docs/backup.md", () => {
  it("compares what is restored with what is served", async () => {
    const home = await mkdtemp(join(tmpdir(), "nearbucket-drill-"));
    await using gateway = await startGatewayProcess({
      regions: NAMES.map((name, index) => ({ name, latitude: 0, longitude: index })),
      backends: NAMES.map((name) => ({ kind: "disk", name, region: name, directory: join(home, name) })),
      journal: { seconds: 0.1 },
    });
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    for (const Key of ["2026/one.jpg", "2026/deep/two.jpg", "2025/other.jpg"])
      await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key, Body: randomBytes(300_000) }));
    const whole = { complete: NAMES, segment: expect.any(Number), isOlder: false };
    await vi.waitFor(async () => expect(await journalOf(gateway)).toMatchObject(whole), { timeout: 60_000 });
    const waiting = async () => JSON.parse(await gateway.command("status", "--json")).journal.waiting as number;
    await vi.waitFor(async () => expect(await waiting()).toBe(0), { timeout: 60_000 });
    for (const name of ["bin", "safe"]) await mkdir(join(home, name));
    await writeFile(join(home, "safe/encryption.key"), await readFile(join(gateway.dataDirectory, "encryption.key")));
    await writeFile(join(home, "bin/nearbucket"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
    await chmod(join(home, "bin/nearbucket"), 0o755);
    await writeFile(join(home, "nearbucket.yaml"), await asLines(gateway));
    const [block] = examples("sh", "drill");
    const text = (block?.text ?? "")
      .replaceAll("/var/tmp/", `${home}/`)
      .replaceAll("/safe/", `${join(home, "safe")}/`)
      .replaceAll("http://127.0.0.1:9000", gateway.url);
    const env = {
      ...{ HOME: home, PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}`, AWS_DEFAULT_REGION: "us-east-1" },
      ...{ AWS_ACCESS_KEY_ID: gateway.accessKeyId, AWS_SECRET_ACCESS_KEY: gateway.secretAccessKey },
    };
    const files = async () => `${await run("find", [...NAMES, "-type", "f"], { cwd: home })}`.trim().split("\n");
    const own = async () => (await files()).filter((file) => !file.includes("/tmp/")).sort();
    const before = await own();
    expect(before.filter((file) => file.includes("/blobs/"))).toHaveLength(NAMES.length * 3);
    const said = `${await run("/bin/bash", ["-e", "-o", "pipefail", "-c", text], { cwd: home, env })}`;
    expect(said).toContain("1 bucket");
    expect(said).toContain("2 objects copied");
    expect(said).not.toContain("!");
    for (const name of NAMES) expect(said).toContain(`${name}: 3 copies in place`);
    const after = await own();
    expect(after).toEqual(expect.arrayContaining(before));
    const journals = (all: readonly string[]) => new Set(all.map((file) => /journal\/(\w+)\//.exec(file)?.[1]));
    expect(journals(after)).toEqual(journals(before));
    await expect(stat(join(home, "nearbucket-drill"))).rejects.toThrow("ENOENT");
    expect(await journalOf(gateway)).toMatchObject(whole);
    await rm(home, { recursive: true, force: true });
  });
});
