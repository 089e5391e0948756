// The S3 backend against a nearbucket node.
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { backendContract, failure } from "../../contracts/backend-contract.ts";
import { IDENTITY } from "../../contracts/identity-contract.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { backendAt } from "./support.ts";

/** Over one disk, or in memory. */
const startNode = (directory?: string) =>
  startTestGateway({
    backends: directory === undefined ? 1 : [{ kind: "disk", name: "disk", region: "here", directory }],
    config: { role: "node", dedup: { scope: "off" } },
  });

const backendOn = ({ url, accessKeyId, secretAccessKey }: TestGateway) =>
  backendAt(url, {
    accessKeyId,
    secretAccessKey,
    createBucket: true,
    honoursEmbeddedHeaders: true,
    replayedHeaders: "tolerate",
  });

backendContract("a node", async () => {
  const node = await startNode();
  const backend = backendOn(node);
  return {
    backend,
    close: async () => {
      await backend.close();
      await node[Symbol.asyncDispose]();
    },
  };
});

it("tells its gateway, and nobody without a key, how much room its disk has", async () => {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-node-"));
  await using node = await startNode(join(root, "disk"));
  const backend = backendOn(node);
  await backend.establish(IDENTITY);
  expect(await backend.space()).toBeUndefined();
  await backend.probe(AbortSignal.timeout(5000), IDENTITY);
  const space = await backend.space();
  expect(space?.total).toBe(node.gateway.fleet.get("disk")?.space?.total);
  expect(space?.free).toBeGreaterThan(0);
  const head = { method: "HEAD", path: "/blobs/nearbucket-identity" } as const;
  const answers = [await node.fetch(head), await node.fetch({ ...head, authentication: "v4-query" })];
  expect(answers.map(({ status, headers }) => [status, headers["x-nearbucket-space"] !== undefined])).toEqual([
    [200, true],
    [200, false],
  ]);
  await backend.close();
  await rm(root, { recursive: true });
});

it("is not in place while its node's disk is not, although the node knows all names", async () => {
  const root = await mkdtemp(join(tmpdir(), "nearbucket-node-"));
  const disk = join(root, "disk");
  await using node = await startNode(disk);
  const backend = backendOn(node);
  await backend.establish(IDENTITY);
  await backend.probe(AbortSignal.timeout(5000), IDENTITY);
  await rename(disk, `${disk}-away`);
  await mkdir(disk);
  await vi.waitFor(() => expect(node.gateway.fleet.get("disk")?.up).toBe(false), { timeout: 10_000 });
  expect(await failure(backend.probe(AbortSignal.timeout(5000), IDENTITY))).toMatchObject({
    fault: "unavailable",
    message: expect.stringContaining("the node is not ready"),
  });
  await backend.close();
  await rm(root, { recursive: true });
});
