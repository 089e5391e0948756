/**
 * The second upload of a file by the same account: a client that signs the payload and waits for 100 Continue sends
 * none of its bytes.
 */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, GetObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CountingLine, startCountingLine } from "../support/counting-line.ts";
import { expectEqual } from "../support/expect-equal.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { awsEnvironment } from "./client.ts";

/** Less than 8 MiB: one PUT for every client. */
const SIZE = 6 * 1024 * 1024;
/** What the requests' heads may take. */
const HEADS = 64 * 1024;

describeWith(["aws", "boto3"], "a file that the account stored before", () => {
  let gateway: TestGateway;
  let line: CountingLine;
  let folder: string;

  beforeAll(async () => {
    gateway = await startTestGateway();
    line = await startCountingLine(gateway.url);
    folder = await mkdtemp(join(tmpdir(), "nearbucket-second-"));
    await gateway.s3.send(new CreateBucketCommand({ Bucket: "uploads" }));
  });
  afterAll(async () => {
    await line[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  describe.each(["when_required", "when_supported"])("with checksums %s", (checksums) => {
    const env = () => ({ ...awsEnvironment({ ...gateway, folder }), AWS_REQUEST_CHECKSUM_CALCULATION: checksums });
    const boto3 = (key: string) => {
      const words = [join(import.meta.dirname, "programs/python/with_boto3.py"), "put", "uploads", key];
      return run(neededProgram("boto3"), [...words, join(folder, checksums)], {
        env: { ...env(), AWS_ENDPOINT_URL: line.url, PYTHONDONTWRITEBYTECODE: "1" },
      });
    };
    const aws = (key: string) => {
      const words = [
        "--endpoint-url",
        line.url,
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
      expect(line.sent()).toBeGreaterThan(SIZE);
      for (const [key, upload] of [
        ["second", boto3],
        ["third", aws],
        ["first", aws],
      ] as const) {
        await upload(key);
        expect(line.sent(), key).toBeLessThan(HEADS);
        const { Body } = await gateway.s3.send(new GetObjectCommand({ Bucket: "uploads", Key: key }));
        expectEqual(Buffer.from((await Body?.transformToByteArray()) ?? []), content);
      }
    });
  });
});
