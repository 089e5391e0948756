/**
 * The second upload of a file by the same account: a client that signs the payload and waits for 100 Continue sends
 * none of its bytes.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { awsEnvironment, expectEqual } from "./client-contract.ts";

/** Less than 8 MiB: one PUT for every client. */
const SIZE = 6 * 1024 * 1024;
/** What the requests' heads may take. */
const HEADS = 64 * 1024;

interface Relay extends AsyncDisposable {
  readonly url: string;
  /** Bytes clients have sent since it was last asked. */
  take(): number;
}

describeWith(["aws", "boto3"], "a file that the account stored before", () => {
  let gateway: TestGateway;
  let relay: Relay;
  let folder: string;

  beforeAll(async () => {
    gateway = await startTestGateway();
    relay = await startRelay(gateway.port);
    folder = await mkdtemp(join(tmpdir(), "nearbucket-second-"));
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "uploads" }));
  });
  afterAll(async () => {
    await relay[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(["when_required", "when_supported"])("with checksums %s", (checksums) => {
    const env = () => ({ ...awsEnvironment({ ...gateway, folder }), AWS_REQUEST_CHECKSUM_CALCULATION: checksums });
    const boto3 = (key: string) => {
      const words = [
        join(import.meta.dirname, "boto3-client.py"),
        relay.url,
        "uploads",
        "put",
        join(folder, checksums),
        key,
      ];
      return run(neededProgram("boto3"), words, { env: env() });
    };
    const aws = (key: string) => {
      const words = [
        "--endpoint-url",
        relay.url,
        "s3",
        "cp",
        "--no-progress",
        join(folder, checksums),
        `s3://uploads/${key}`,
      ];
      return run(neededProgram("aws"), words, { env: env() });
    };

    it("moves only once, by boto3 and by aws-cli", { timeout: 120_000 }, async () => {
      const content = randomBytes(SIZE);
      await writeFile(join(folder, checksums), content);
      await boto3("first");
      expect(relay.take()).toBeGreaterThan(SIZE);
      for (const [key, upload] of [
        ["second", boto3],
        ["third", aws],
        ["first", aws],
      ] as const) {
        await upload(key);
        expect(relay.take(), key).toBeLessThan(HEADS);
        const { Body } = await gateway.s3.send(new GetObjectCommand({ Bucket: "uploads", Key: key }));
        expectEqual(Buffer.from((await Body?.transformToByteArray()) ?? []), content);
      }
    });
  });
});

/** A port in front of the gateway that counts what comes in. */
async function startRelay(port: number): Promise<Relay> {
  let bytes = 0;
  const server = createServer((client) => {
    const gateway = connect(port, "127.0.0.1");
    client.on("data", (chunk) => {
      bytes += chunk.length;
    });
    client.pipe(gateway).pipe(client);
    client.on("error", () => gateway.destroy());
    gateway.on("error", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    take: () => {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}
