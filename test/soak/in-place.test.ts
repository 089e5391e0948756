// The bucket that aws and mc filled for years is adopted where it stands, while clients read and write through the
// gateway: no byte of it is sent or read by the import, every object has two copies in the end, all that was said of it,
// and can be taken to another service with nothing lost.
// Shows I1, I2, I4, I8 of docs/durability.md.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { expect, it, vi } from "vitest";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { type GatewayProcess, MAIN, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { startAuditLog } from "../support/minio-audit.ts";
import { describeWith } from "../support/programs.ts";
import { rcloneEnvironment } from "../support/rclone-environment.ts";
import { run } from "../support/run.ts";
import { withDatabase } from "./books.ts";
import { isLong, openChance } from "./chance.ts";
import { attributesOf, type Clients, digestOf, startClients } from "./in-place/clients.ts";
import { addUser, BACKEND, BUCKET, fillOldBucket } from "./in-place/old-bucket.ts";

const OBJECTS = Number(process.env["SOAK_OBJECTS"] ?? (isLong ? 10_000 : 150));
const LIMIT_MS = 180_000 + OBJECTS * 200;
const AT_ONCE = 16;
const IMPORTER = { accessKeyId: "the-importer", secretAccessKey: "the-importers-secret" };
const UNFINISHED = `SELECT COUNT(*) AS count FROM blobs WHERE ref_count > 0 AND (digest IS NULL OR
  (SELECT COUNT(*) FROM replicas WHERE blob_id = blobs.id AND state = 'verified') < 2)`;

describeWith(["minio", "mc", "aws", "rclone"], "a bucket that is adopted in place", () => {
  it("keeps every object while clients use it, and can be taken elsewhere", { timeout: LIMIT_MS }, async () => {
    const chance = openChance("in place");
    const home = await mkdtemp(join(tmpdir(), "nearbucket-in-place-"));
    await using audit = await startAuditLog();
    await using old = await startMinio({ buckets: [BUCKET], env: audit.env });
    await using other = await startMinio();
    await using target = await startMinio();
    const made = await timed("filled", OBJECTS, () => fillOldBucket(old, home, chance, OBJECTS));
    await addUser(home, IMPORTER.accessKeyId, IMPORTER.secretAccessKey);
    await using gateway = await startGatewayProcess(configOver(old, other));
    await gateway.s3.send(new CreateBucketCommand({ Bucket: BUCKET }));

    const config = await importersConfig(gateway, home);
    const clients = startClients(gateway.s3, chance, made);
    const words = [MAIN, "import", `${BACKEND}/${BUCKET}`, "--to", BUCKET, "--in-place", "--finish", "--json"];
    const report = await timed("adopted", made.size, async () =>
      JSON.parse(`${await run(process.execPath, [...words, "--config", config])}`),
    );
    await clients.stop();
    expect(clients.wrong).toEqual([]);
    const { exists = 0, deleted = 0, ...others } = report.skipped;
    expect(others).toEqual({});
    expect(report).toMatchObject({ listed: made.size, finished: true });
    expect(report.imported + report.known + exists + deleted).toBe(made.size);
    process.stderr.write(`in place: ${JSON.stringify([clients.counts, report.known, report.skipped])}\n`);
    const asked = audit.entries.filter(({ accessKey }) => accessKey === IMPORTER.accessKeyId);
    const ofObjects = asked.filter(({ api }) => !(api.object ?? "").startsWith("nearbucket/"));
    expect([...new Set(ofObjects.map(({ api }) => api.name))].sort()).toEqual([
      ...["GetObjectTagging", "HeadObject", "ListObjectsV2"],
    ]);
    expect(ofObjects.filter(({ api }) => api.name === "HeadObject").length).toBeGreaterThan(made.size / 2);

    await timed("safe", made.size, () => untilWhole(gateway));
    expect(await timed("compared", made.size, () => differences(gateway, old, clients))).toEqual([]);
    const service = join(home, "target.yaml");
    const { accessKeyId, secretAccessKey } = target;
    await writeFile(service, JSON.stringify({ endpoint: target.url, accessKeyId, secretAccessKey }));
    const exporting = [
      "export",
      "--to",
      BUCKET,
      "--to-config",
      service,
      "--create-bucket",
      "--bucket",
      BUCKET,
      "--json",
    ];
    const exported = await timed("exported", made.size, async () => JSON.parse(await gateway.command(...exporting)));
    expect(exported).toMatchObject({ failed: 0, written: presentIn(clients).length });
    await timed("checked by rclone", made.size, () => rcloneCheck(gateway, target, home));
    for (const store of [old, other]) {
      await store.kill();
      expect(await differences(gateway, undefined, clients)).toEqual([]);
      await store.restart();
      const isUp = async () => expect((await (await fetch(`${gateway.url}/-/ready`)).json()).backends).toEqual(BOTH_UP);
      await vi.waitFor(isUp, WITHIN);
    }
    await rm(home, { recursive: true });
  });
});

const BOTH_UP = { [BACKEND]: "up", toronto: "up" };
const WITHIN = { timeout: LIMIT_MS, interval: 100 };

async function timed<T>(what: string, count: number, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(`in place: ${what}, ${seconds.toFixed(1)} s, ${Math.round(count / seconds)} objects a second\n`);
  return result;
}

function configOver(old: Minio, other: Minio): Pick<GatewayConfigInput, "regions" | "backends"> {
  const at = ({ url, accessKeyId, secretAccessKey }: Minio) => ({ endpoint: url, accessKeyId, secretAccessKey });
  const adopting = { prefix: "nearbucket/", adopts: true, bucket: BUCKET };
  return {
    regions: [BACKEND, "toronto"].map((name, index) => ({ name, latitude: 0, longitude: index })),
    backends: [
      { kind: "s3", name: BACKEND, region: BACKEND, ...at(old), ...adopting },
      { kind: "s3", name: "toronto", region: "toronto", ...at(other), bucket: "blobs", createBucket: true },
    ],
  };
}

/** The same gateway's, with a key of its own for the old bucket. */
async function importersConfig({ configFile }: GatewayProcess, home: string): Promise<string> {
  const config = JSON.parse(await readFile(configFile, "utf8"));
  Object.assign(config.backends[0], IMPORTER);
  const file = join(home, "importer.yaml");
  await writeFile(file, JSON.stringify(config));
  return file;
}

/** Every blob has its digest, and both its copies. */
async function untilWhole({ dataDirectory }: GatewayProcess): Promise<void> {
  await vi.waitFor(async () => {
    const rows = await withDatabase(join(dataDirectory, "metadata.sqlite"), (knex) => knex.raw(UNFINISHED));
    expect(rows).toEqual([{ count: 0 }]);
  }, WITHIN);
}

/** `old`: what it says of its objects must be what the gateway says. */
async function differences(gateway: GatewayProcess, old: Minio | undefined, { expected }: Clients) {
  const faults: string[] = [];
  const waiting = [...expected];
  const look = async () => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const [key, { digest, isOld }] = one;
      const found = await digestOf(gateway.s3, key);
      if (found !== digest) faults.push(`${key} is ${found}, not ${digest}`);
      if (old === undefined || !isOld) continue;
      const [said, before] = await Promise.all([gateway.s3, old.s3].map((s3) => attributesOf(s3, key)));
      if (said !== before) faults.push(`${key}: ${said}, not ${before}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, look));
  return faults;
}

function presentIn({ expected }: Clients): readonly string[] {
  return [...expected].flatMap(([key, { digest }]) => (digest === undefined ? [] : key));
}

async function rcloneCheck(gateway: GatewayProcess, target: Minio, home: string): Promise<void> {
  const empty = join(home, "rclone.conf");
  await writeFile(empty, "");
  const out = Object.entries(rcloneEnvironment(target.url, target, empty)).map(([name, value]) => {
    return [name.replace("GATEWAY", "OUT"), value] as const;
  });
  const env = { ...rcloneEnvironment(gateway.url, gateway, empty), ...Object.fromEntries(out) };
  await run("rclone", ["check", "--download", `gateway:${BUCKET}`, `out:${BUCKET}`], { env });
}
