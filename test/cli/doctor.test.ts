// `nearbucket doctor` beside gateways over real nodes and disks: what it finds, what it leaves, and its exit codes.
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../src/admin/checks/finding.ts";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { startFaultyS3 } from "../support/faulty-s3.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { startGatewayProcess } from "../support/gateway-process.ts";
import { freePort } from "../support/server-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { runCommand } from "./terminal.ts";

async function examine(file: string, ...words: string[]) {
  const { code, out, err } = await runCommand(["doctor", "--config", file, "--json", ...words]);
  expect(err).toBe("");
  const { exitCode, findings }: { exitCode: number; findings: readonly Finding[] } = JSON.parse(out);
  expect(exitCode).toBe(code);
  const troubles = findings.filter(({ level }) => level !== "ok").map(({ level, ...one }) => ({ level, ...one }));
  return { code, findings, troubles };
}

/** A node on a disk of its own. */
async function startNode(): Promise<TestGateway> {
  const directory = join(await temporaryDirectory(), "disk");
  return startTestGateway({
    backends: [{ kind: "disk", name: "disk", region: "here", directory }],
    config: { role: "node", copies: 1 },
  });
}

const regions = ["amsterdam", "toronto"].map((name, index) => ({ name, latitude: 0, longitude: index }));

function overNodes(...nodes: readonly TestGateway[]): Pick<GatewayConfigInput, "regions" | "backends"> {
  return {
    regions,
    backends: nodes.map(({ url, port, accessKeyId, secretAccessKey }, index) => ({
      kind: "node",
      name: `node-${index}`,
      region: index === 0 ? "amsterdam" : "toronto",
      endpoint: url,
      publicEndpoint: `http://localhost:${port}`,
      bucket: "blobs",
      accessKeyId,
      secretAccessKey,
    })),
  };
}

describe("nearbucket doctor", () => {
  it("finds all well, with code 0, and leaves nothing on the backends", async () => {
    await using first = await startNode();
    await using second = await startNode();
    await using gateway = await startGatewayProcess(overNodes(first, second));
    for (const body of [undefined, "a blob"]) {
      if (body !== undefined) {
        await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
        await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "k", Body: body }));
      }
      const { code, findings, troubles } = await examine(gateway.configFile);
      // How much room this machine has is not the test's.
      const isRoomy = troubles.every(({ check }) => check !== "space");
      expect([code, troubles.filter(({ check }) => check !== "space")]).toEqual([isRoomy ? 0 : 1, []]);
      for (const subject of ["node-0", "node-1"])
        for (const check of ["clock", "exchange", "redirect", "cross-origin"])
          expect(findings).toContainEqual(expect.objectContaining({ level: "ok", check, subject }));
      expect(findings).toContainEqual(expect.objectContaining({ level: "ok", check: "gateway", subject: gateway.url }));
      expect(findings.filter(({ check }) => check === "scrub")).toHaveLength(body === undefined ? 0 : 2);
      expect(findings).toContainEqual(
        expect.objectContaining({
          level: "ok",
          check: "database",
          says: expect.stringMatching(/^SQLite 3\.\d+.*schema/),
        }),
      );
    }
    const text = await runCommand(["doctor", "--config", gateway.configFile]);
    expect(text.out).toMatch(/^(All is well: \d+ checks|0 errors, .*)\.$/m);
    for (const line of text.out.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    for (const node of [first, second]) {
      const listed = (await node.fetch({ path: "/blobs", query: "list-type=2" })).text;
      expect(listed).toContain("<Key>blobs/");
      expect(listed).not.toContain("doctor");
    }
  });

  it("says what is wrong with each backend and what to do, with code 2", async () => {
    await using good = await startNode();
    await using locked = await startNode();
    const closed = `http://127.0.0.1:${await freePort()}`;
    const { backends } = overNodes(good, locked, good, good, good);
    const missing = join(await temporaryDirectory(), "missing");
    const broken = (index: number, more: object) => ({ ...backends[index], ...more }) as (typeof backends)[number];
    const config = {
      rootKey: { accessKeyId: "ROOT", secretAccessKey: "root-secret-of-this-test" },
      listen: { port: await freePort() },
      dataDirectory: join(await temporaryDirectory(), "data"),
      regions,
      backends: [
        broken(0, {}),
        broken(1, { secretAccessKey: "not the node's own secret" }),
        broken(2, { endpoint: closed }),
        broken(3, { publicEndpoint: closed.replace("127.0.0.1", "localhost") }),
        broken(4, { redirectAccessKeyId: "UNKNOWN", redirectSecretAccessKey: "nobody knows this key" }),
        { kind: "disk", name: "away", region: "toronto", directory: missing },
      ],
    };
    const file = join(await temporaryDirectory(), "nearbucket.yaml");
    await writeFile(file, JSON.stringify(config));
    await runCommand(["keys", "create", "--account", "a", "--config", file]);
    await good.fetch({ method: "PUT", path: "/blobs" });

    const { code, troubles } = await examine(file);
    expect(code).toBe(2);
    const told = troubles.map(({ level, check, subject }) => `${level} ${check} ${subject}`);
    expect(told).toEqual([
      expect.stringMatching(/^warning gateway http/),
      expect.stringMatching(/^warning space .*missing$/),
      "warning identity node-0",
      "error reach node-1",
      "error reach node-2",
      "warning identity node-3",
      "warning redirect node-3",
      "warning identity node-4",
      "error redirect-key node-4",
      "warning identity away",
    ]);
    for (const { says, remedy } of troubles) expect([says.length > 0, (remedy ?? "").length > 0]).toEqual([true, true]);
    const of = (subject: string) => troubles.findLast((finding) => finding.subject === subject)?.says;
    expect(of("node-2")).toContain("ECONNREFUSED");
    expect(of("node-3")).toContain("cannot be followed from here");
    expect(of("node-4")).toContain("it answers 403");
    expect(existsSync(missing)).toBe(false);
    expect(JSON.stringify(troubles)).not.toMatch(/X-Amz-Signature|not the node's own secret|nobody knows this key/);
  });

  it("finds replicas on a backend that the configuration no longer names", async () => {
    await using first = await startNode();
    await using second = await startNode();
    await using gateway = await startGatewayProcess(overNodes(first, second));
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    await gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "k", Body: "a blob" }));
    await gateway.server.stop();
    const { regions: places, backends } = overNodes(first);
    const data = { dataDirectory: gateway.dataDirectory, copies: 1, regions: places, backends };
    const rootKey = { accessKeyId: gateway.accessKeyId, secretAccessKey: gateway.secretAccessKey };
    await writeFile(gateway.configFile, JSON.stringify({ ...data, rootKey }));
    const { code, troubles } = await examine(gateway.configFile);
    expect(code).toBe(2);
    expect(troubles).toContainEqual(
      expect.objectContaining({ level: "error", check: "configured", subject: "node-1" }),
    );
  });

  it("finds access keys that the encryption key does not open, until the former one stands beside it", async () => {
    await using first = await startNode();
    await using second = await startNode();
    await using gateway = await startGatewayProcess(overNodes(first, second));
    await runCommand(["keys", "create", "--config", gateway.configFile, "--account", "alice"]);
    await gateway.server.stop();
    const config = JSON.parse(await readFile(gateway.configFile, "utf8"));
    const [former] = (await readFile(join(gateway.dataDirectory, "encryption.key"), "utf8")).split("\n");
    const other = { ...config, encryptionKey: "another key, of sixteen and more" };
    await writeFile(gateway.configFile, JSON.stringify(other));
    const { code, troubles } = await examine(gateway.configFile);
    expect(code).toBe(2);
    expect(troubles).toContainEqual(expect.objectContaining({ level: "error", check: "secrets" }));
    const serve = await runCommand(["serve", "--config", gateway.configFile]);
    expect(serve).toMatchObject({ code: 1, out: "" });
    expect(serve.err).toMatch(/^nearbucket: the encryption key opens none of the 1 secrets that the database holds: /);
    expect(serve.err).not.toContain("of sixteen and more");
    await writeFile(gateway.configFile, JSON.stringify({ ...other, previousEncryptionKeys: [former] }));
    const { findings } = await examine(gateway.configFile);
    expect(findings).toContainEqual(expect.objectContaining({ level: "ok", check: "secrets" }));
  });

  it("warns of a backend that the running gateway avoids, though it can be used from here", async () => {
    await using near = await startFaultyS3();
    await using far = await startFaultyS3();
    const backends = [near, far].map(({ endpoint }, index) => ({
      ...({
        kind: "s3",
        name: `store-${index}`,
        region: regions[index]?.name ?? "",
        endpoint,
        bucket: "blobs",
      } as const),
      ...({ accessKeyId: "key", secretAccessKey: "secret", replayedHeaders: "strict" } as const),
    }));
    await using gateway = await startGatewayProcess({ regions, backends });
    expect((await examine(gateway.configFile)).troubles.filter(({ check }) => check === "calls")).toEqual([]);
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    // Its own small writes, and the doctor's, it takes; a trial is as large as what failed.
    far.script({ method: "PUT", bodyFrom: 1000 }, { do: "status", status: 503, code: "SlowDown" });
    const put = (n: number) =>
      gateway.s3.send(new PutObjectCommand({ Bucket: "photos", Key: `${n}`, Body: `body ${n} `.repeat(1000) }));
    for (let n = 0; n < 6; n++) await put(n).catch(() => undefined);
    const { code, troubles } = await examine(gateway.configFile);
    expect([code, troubles.filter(({ level }) => level === "error")]).toEqual([1, []]);
    expect(troubles).toContainEqual({
      ...{ level: "warning", check: "calls", subject: "store-1" },
      says: expect.stringMatching(/^the gateway avoids it for writes since 20.*Z, because they fail there/),
      remedy: expect.stringContaining("The gateway tries it again"),
    });
  });

  it("looks at the rest before the first start, and makes neither database nor key", async () => {
    await using node = await startNode();
    await node.fetch({ method: "PUT", path: "/blobs" });
    const directory = await temporaryDirectory();
    const file = join(directory, "nearbucket.yaml");
    const rootKey = { accessKeyId: "ROOT", secretAccessKey: "root-secret-of-this-test" };
    const listen = { port: await freePort() };
    await writeFile(file, JSON.stringify({ rootKey, listen, copies: 1, ...overNodes(node) }));
    const { findings } = await examine(file);
    const database = join(directory, "nearbucket-data", "metadata.sqlite");
    expect(findings.filter(({ check }) => check === "database")).toMatchObject([
      { level: "warning", subject: database, says: "there is no database yet" },
    ]);
    expect(
      findings.filter(({ subject }) => subject === "node-0").map(({ level, check }) => `${level} ${check}`),
    ).toEqual([
      ...["ok clock", "warning identity", "ok exchange"],
      ...["ok range", "ok list", "ok etag", "ok multipart", "ok redirect", "ok cross-origin"],
      ...["ok redirected-reads", "ok replayed-headers"],
    ]);
    expect(findings).toContainEqual(expect.objectContaining({ check: "configuration", subject: "copies" }));
    // How much room this machine has is not the test's.
    expect(findings.filter(({ level, check }) => level === "error" && check !== "space")).toEqual([]);
    expect(existsSync(dirname(database))).toBe(false);
  });

  it("reports a configuration or a database that it cannot use as an error, with code 2", async () => {
    const directory = await temporaryDirectory();
    const file = join(directory, "nearbucket.yaml");
    expect((await examine(file)).troubles).toMatchObject([{ level: "error", check: "configuration" }]);
    await writeFile(file, "nonsense: 1\n");
    const { code, findings } = await examine(file);
    expect([code, findings.length]).toEqual([2, 1]);
    expect(findings[0]?.says).toContain("nonsense: unknown key");
    const metadata = { kind: "postgres", url: `postgres://nobody@127.0.0.1:${await freePort()}/none` };
    const rootKey = { accessKeyId: "ROOT", secretAccessKey: "root-secret-of-this-test" };
    const disks = regions.map(({ name }) => ({ kind: "disk", name, region: name, directory: join(directory, name) }));
    const encryptionKey = "a key for tests, sixteen and more";
    const listen = { port: await freePort() };
    await writeFile(file, JSON.stringify({ metadata, rootKey, encryptionKey, listen, regions, backends: disks }));
    const { troubles } = await examine(file);
    expect(troubles).toContainEqual(
      expect.objectContaining({ level: "error", check: "database", says: expect.stringContaining("ECONNREFUSED") }),
    );
  });
});
