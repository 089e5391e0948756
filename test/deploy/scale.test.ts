// The commands of compose.scale.yaml, run without containers: MinIOs, their users, PostgreSQL, both gateways and Caddy,
// with host names and directories of this machine in place of the containers'.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, it, onTestFinished } from "vitest";
import { ROOT, readDocument } from "../docs/examples.ts";
import { MAIN } from "../support/gateway-process.ts";
import { startPostgresServer } from "../support/postgres-server.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { freePort, type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { loadCompose, makeSecrets, type Service } from "./compose-file.ts";
import { startCaddy } from "./proxies.ts";
import { replaceEach } from "./replace-each.ts";

const STORES = ["amsterdam", "toronto", "singapore"];
const PROGRAMS = ["caddy", "compose-check", "initdb", "mc", "minio", "pg_ctl", "pg_isready", "timeout"];
/** `mc ready` asks on and on: what waits for a service ends with it, its children too. */
const AT_MOST = ["--kill-after=1", "30"];

describeWith(PROGRAMS, "the services of compose.scale.yaml", () => {
  it("work together, and go on when one gateway stops", async () => {
    const directory = await temporaryDirectory();
    const secrets = await makeSecrets();
    const services = await loadCompose("compose/compose.scale.yaml", secrets);
    const ports = await Promise.all(STORES.map(freePort));
    await Promise.all(STORES.map((name, at) => startStore(services[name], join(directory, name), ports[at] ?? 0)));
    const { users, postgres } = services;
    const urls = ports.map((port) => `http://127.0.0.1:${port}`);
    expect(users?.command).toEqual(STORES.map((name) => `http://${name}:9000`));
    const env = { ...environmentOf(users), MC_CONFIG_DIR: join(directory, "mc") };
    const [database] = await Promise.all([
      stoppedAtEnd(startPostgresServer()),
      run("timeout", [...AT_MOST, join(ROOT, "compose/make-users.sh"), ...urls], { env }),
    ]);
    const [isReady = "", ...words] = postgres?.healthcheck?.test.slice(1) ?? [];
    const { port: postgresPort, username } = new URL(database.url);
    const asked = words.map((word) => word.replace("--dbname=nearbucket", "--dbname=postgres"));
    expect(asked).toContain(`--username=${username}`);
    await run("timeout", [...AT_MOST, neededProgram(isReady), ...asked, `--port=${postgresPort}`]);

    const settings = replaceEach(readDocument("compose/nearbucket.scale.yaml"), [
      [/postgres:\/\/nearbucket:[^"]*@postgres\/nearbucket/, database.url],
      ["172.30.90.10", "127.0.0.1"],
      ...STORES.map((name, at) => [`http://${name}:9000`, urls[at] ?? ""] as const),
      // It ends when the test says so, not the clock.
      [/$/, "\nshutdown: { delaySeconds: 3600 }\n"],
    ]);
    // Both at once, on an empty database and empty stores.
    const gateways = await Promise.all(
      ["gateway-1", "gateway-2"].map((name) => startGateway(services[name], settings, join(directory, name))),
    );
    const balancer = await stoppedAtEnd(startCaddy(gateways.map(({ address }) => address)));
    const s3 = new S3Client({
      ...{ endpoint: balancer.url, region: "us-east-1", forcePathStyle: true, maxAttempts: 1 },
      credentials: {
        accessKeyId: secrets["NEARBUCKET_ROOT_ACCESS_KEY"] ?? "",
        secretAccessKey: secrets["NEARBUCKET_ROOT_SECRET_KEY"] ?? "",
      },
    });
    onTestFinished(() => s3.destroy());
    await s3.send(new CreateBucketCommand({ Bucket: "photos" }));
    await s3.send(new PutObjectCommand({ Bucket: "photos", Key: "a", Body: "written while both run" }));
    const { server, address = "" } = gateways[0] ?? {};
    const writers = ["b", "c", "d", "e"].map((name) => writeOn(s3, name));
    const allWrite = () => Promise.all(writers.map(({ another }) => another()));
    await allWrite();
    const ended = server?.stop();
    const seen = () =>
      balancer
        .said()
        .split("\n")
        .some((line) => line.includes("health_checker") && line.includes(address));
    await expect.poll(seen, { timeout: 30_000 }).toBe(true);
    // What had begun before is over then, and nothing more comes: it can end at once.
    await allWrite();
    await server?.stop();
    expect(await ended).toBe(143);
    await allWrite();
    for (const writer of writers) expect(await writer.stop()).toEqual([]);
    const got = await s3.send(new GetObjectCommand({ Bucket: "photos", Key: "a" }));
    expect(await got.Body?.transformToString()).toBe("written while both run");
  }, 90_000);
});

/** Writes one object after the other. */
function writeOn(s3: S3Client, name: string) {
  let begun = 0;
  let isOver = false;
  const failures: unknown[] = [];
  onTestFinished(() => {
    isOver = true;
  });
  const work = (async () => {
    while (!isOver) {
      const put = new PutObjectCommand({ Bucket: "photos", Key: `${name}/${begun++}`, Body: name });
      await s3.send(put).catch((error: unknown) => failures.push(error));
    }
  })();
  return {
    /** Resolves when a write is over that begins after this call. */
    async another(): Promise<void> {
      const before = begun;
      await expect.poll(() => begun, { timeout: 30_000 }).toBeGreaterThan(before + 1);
    },
    /** Why some failed. */
    async stop(): Promise<readonly unknown[]> {
      isOver = true;
      await work;
      return failures;
    },
  };
}

async function startStore(service: Service | undefined, data: string, port: number): Promise<void> {
  await mkdir(data);
  const words = (service?.command ?? []).map((word) =>
    word.replace("/data", data).replace(":9000", `127.0.0.1:${port}`),
  );
  const env = environmentOf(service);
  const readyUrl = `http://127.0.0.1:${port}/minio/health/ready`;
  await stoppedAtEnd(startServerProcess({ path: "minio", arguments: words, env, readyUrl }));
  const [how, check = ""] = service?.healthcheck?.test ?? [];
  expect(how).toBe("CMD-SHELL");
  // Compose writes $$ for one that is the shell's.
  const command = check.replaceAll("$$", "$").replace("127.0.0.1:9000", `127.0.0.1:${port}`);
  await run("timeout", [...AT_MOST, "sh", "-c", command], {
    env: { ...env, MC_CONFIG_DIR: join(data, "..", "mc-health") },
  });
}

async function startGateway(
  service: Service | undefined,
  settings: string,
  directory: string,
): Promise<{ readonly address: string; readonly server: ServerProcess }> {
  await mkdir(directory);
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(directory, "nearbucket.yaml");
  const own = replaceEach(settings, [
    ["listen: { host: 0.0.0.0, port: 9000 }", `listen: { port: ${port} }`],
    ["{ host: 0.0.0.0, port: 9100 }", `{ port: ${adminPort} }`],
    ["/var/lib/nearbucket", directory],
  ]);
  await writeFile(file, own);
  const env = environmentOf(service);
  const readyUrl = `http://127.0.0.1:${port}/-/ready`;
  const words = [MAIN, "serve", "--config", file];
  const starting = startServerProcess({ path: process.execPath, arguments: words, env, readyUrl });
  // One that is only told to stop does not end soon.
  const server = await stoppedAtEnd(starting, (started) => started.stop("SIGKILL"));
  const [, , ...check] = service?.healthcheck?.test ?? [];
  await run(process.execPath, check, { env: { HEALTH_URL: readyUrl } });
  await expect(run(process.execPath, check, { env: { HEALTH_URL: `${readyUrl}x` } })).rejects.toThrow("ended with 1");
  const metrics = await fetch(`http://127.0.0.1:${adminPort}/-/metrics`);
  expect(await metrics.text()).toContain("nearbucket_backend_up");
  return { address: `127.0.0.1:${port}`, server };
}

/** Also one that becomes ready only after another has failed the test. */
async function stoppedAtEnd<T extends AsyncDisposable>(
  starting: Promise<T>,
  stop: (started: T) => PromiseLike<unknown> = (started) => started[Symbol.asyncDispose](),
): Promise<T> {
  onTestFinished(async () => {
    const started = await starting.catch(() => undefined);
    if (started !== undefined) await stop(started);
  });
  return starting;
}

function environmentOf(service: Service | undefined): Readonly<Record<string, string>> {
  expect(service?.environment).toBeDefined();
  return service?.environment ?? {};
}
