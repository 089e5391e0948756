/**
 * Two real MinIOs behind a gateway process: clients that follow redirects read from the closest MinIO, as its audit log
 * shows. What each client does by itself is in clients.test.ts.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { expectEqual } from "../support/expect-equal.ts";
import { type GatewayProcess, overMinios, startGatewayProcess } from "../support/gateway-process.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { type AuditLog, startAuditLog } from "../support/minio-audit.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { rcloneEnvironment } from "../support/rclone-environment.ts";
import { run } from "../support/run.ts";
import { presign, signedFetch } from "../support/sign.ts";

// On a busy machine a MinIO may send its audit log late.
vi.setConfig({ testTimeout: 90_000 });

const KEY = "films/short film.bin";
const PATH = "/films-bucket/films/short%20film.bin";
const NEAR = { amsterdam: "52.1,5.2", toronto: "44.0,-79.0" } as const;
type City = keyof typeof NEAR;

describeWith(["minio"], "a gateway over two MinIOs", () => {
  const content = randomBytes(3 * 1024 * 1024);
  const audits: Record<string, AuditLog> = {};
  const minios: Record<string, Minio> = {};
  const open: AsyncDisposable[] = [];
  let gateway: GatewayProcess;
  let folder: string;

  const opened = <T extends AsyncDisposable>(one: T): T => {
    open.push(one);
    return one;
  };
  const minioOf = (city: City): Minio => {
    const found = minios[city];
    if (!found) throw new Error(`${city} is not open`);
    return found;
  };
  /** The read of a blob that a client with this in its name made of the MinIO itself. */
  const directRead = (city: City, client: string) =>
    audits[city]?.until(
      ({ api, userAgent }) =>
        api.name === "GetObject" && userAgent?.includes(client) === true && (api.statusCode ?? 0) < 300,
    );
  const signer = () => ({
    endpoint: gateway.url,
    accessKeyId: gateway.accessKeyId,
    secretAccessKey: gateway.secretAccessKey,
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "nearbucket-redirect-"));
    for (const city of ["amsterdam", "toronto"]) {
      const audit = opened(await startAuditLog());
      audits[city] = audit;
      minios[city] = opened(await startMinio({ buckets: ["blobs"], env: audit.env }));
    }
    gateway = opened(await startGatewayProcess(overMinios([minioOf("amsterdam"), minioOf("toronto")])));
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "films-bucket" }));
    const stored = await signedFetch(signer())({ method: "PUT", path: PATH, body: content });
    expect(stored.status, stored.text).toBe(200);
  });
  afterAll(async () => {
    for (const one of open.reverse()) await one[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it("has each blob on both", async () => {
    const listings = await Promise.all(
      Object.values(minios).map(async ({ s3 }) => {
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: "blobs", Prefix: "blobs/" }));
        return Contents.map(({ Key, Size, ETag }) => ({ Key, Size, ETag }));
      }),
    );
    expect(listings[0]?.map(({ Size }) => Size)).toEqual([content.length]);
    expect(listings[1]).toEqual(listings[0]);
  });

  describeWith(["mc"], "and mc", () => {
    it("shows each blob on both", async () => {
      const env = Object.fromEntries(
        Object.entries(minios).map(([city, { url, accessKeyId, secretAccessKey }]) => [
          `MC_HOST_${city}`,
          url.replace("://", `://${accessKeyId}:${secretAccessKey}@`),
        ]),
      );
      const list = async (city: City): Promise<string[]> => {
        const lines = await run(neededProgram("mc"), ["ls", "--recursive", "--json", `${city}/blobs/blobs/`], {
          env: { ...env, MC_CONFIG_DIR: join(folder, "mc") },
        });
        return lines
          .toString()
          .trim()
          .split("\n")
          .map((line) => (JSON.parse(line) as { key: string }).key);
      };
      expect(await list("amsterdam")).toHaveLength(1);
      expect(await list("toronto")).toEqual(await list("amsterdam"));
    });
  });

  describeWith(["curl"], "and curl -L", () => {
    const curl = async (near: string, ...words: string[]): Promise<{ bytes: Buffer; from: string }> => {
      const file = join(folder, "by-curl");
      const options = [
        "--silent",
        "--show-error",
        "--fail-with-body",
        "--location",
        "--output",
        file,
        "--write-out",
        "%{url_effective}",
      ];
      const from = await run(neededProgram("curl"), [...options, "--header", `x-nearbucket-client: ${near}`, ...words]);
      return { bytes: await readFile(file), from: new URL(from.toString()).origin };
    };

    describe.each(["amsterdam", "toronto"] as const)("near %s", (city) => {
      it("reads straight from the MinIO there by a presigned URL that says so", async () => {
        const { bytes, from } = await curl(
          NEAR[city],
          presign(signer(), { path: PATH, query: { "x-nearbucket-redirect": "always" } }),
        );
        expect(from).toBe(minioOf(city).publicUrl);
        expectEqual(bytes, content);
        expect((await directRead(city, "curl/"))?.api.statusCode).toBe(200);
      });
    });

    it("reads a range straight from MinIO with a signed header", async () => {
      const keys = [
        "--aws-sigv4",
        "aws:amz:us-east-1:s3",
        "--user",
        `${gateway.accessKeyId}:${gateway.secretAccessKey}`,
      ];
      const headers = [
        "--header",
        "x-amz-content-sha256: UNSIGNED-PAYLOAD",
        "--header",
        "x-nearbucket-redirect: always",
        "--range",
        "1000000-2500000",
      ];
      const { bytes, from } = await curl(NEAR.toronto, ...keys, ...headers, gateway.url + PATH);
      expect(from).toBe(minioOf("toronto").publicUrl);
      expectEqual(bytes, content.subarray(1_000_000, 2_500_001));
    });

    it("is served by the gateway when the URL says never", async () => {
      const { bytes, from } = await curl(
        NEAR.toronto,
        presign(signer(), { path: PATH, query: { "x-nearbucket-redirect": "never" } }),
      );
      expect(from).toBe(gateway.url);
      expectEqual(bytes, content);
    });
  });

  describeWith(["rclone"], "and rclone", () => {
    it("reads straight from MinIO when its User-Agent says that it follows", async () => {
      const config = join(folder, "rclone.conf");
      const file = join(folder, "by-rclone");
      await writeFile(config, "");
      const words = [
        "copyto",
        `gateway:films-bucket/${KEY}`,
        file,
        "--checksum",
        "--user-agent",
        "rclone/v1 nearbucket-redirect/1",
      ];
      await run(neededProgram("rclone"), words, { env: rcloneEnvironment(gateway.url, gateway, config) });
      expectEqual(await readFile(file), content);
      await Promise.any((["amsterdam", "toronto"] as const).map((city) => directRead(city, "rclone/v1")));
    });
  });

  it("continues to serve when one of the two is down", async () => {
    await minioOf("amsterdam").server.stop("SIGKILL");
    const answer = await signedFetch(signer())({ path: PATH, headers: { "x-nearbucket-client": NEAR.amsterdam } });
    expect(answer.status).toBe(200);
    expectEqual(answer.body, content);
  });
});
