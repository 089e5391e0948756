// Damaged files on the disk of a real MinIO and of a node: no read through the gateway returns their bytes, whole or in
// ranges, each read is answered from the other copy, and the damaged copy is marked and replaced.
// Shows I1, I8 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { openBackend } from "../../src/backends/kinds.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { openRig, type Rig } from "../support/rig.ts";
import { fileMadeBy, harms } from "../support/rot.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const sizes: readonly (readonly [string, number])[] = [
  ["4 KiB", 4 * KIB],
  ["1 MiB", MIB],
  ["32 MiB in parts", 32 * MIB],
];

const PART = 8 * MIB;

describeWith(["minio"], "a copy that is damaged on the disk", () => {
  let minio: Minio;
  let node: TestGateway;
  let nodeDisk: string;
  let rig: Rig;

  beforeAll(async () => {
    minio = await startMinio({ buckets: ["blobs"] });
    nodeDisk = await mkdtemp(join(tmpdir(), "nearbucket-rot-"));
    node = await startTestGateway({
      backends: [{ kind: "disk", name: "disk", region: "here", directory: join(nodeDisk, "disk") }],
      config: { role: "node", dedup: { scope: "off" } },
    });
    const common = { bucket: "blobs", createBucket: true, replayedHeaders: "tolerate" } as const;
    const keysOf = ({ accessKeyId, secretAccessKey }: Minio | TestGateway) => ({ accessKeyId, secretAccessKey });
    const sites = [
      { kind: "s3", name: "minio", region: "x", capacity: 1e12, endpoint: minio.url, ...common, ...keysOf(minio) },
      { kind: "node", name: "node", region: "y", capacity: 1e6, endpoint: node.url, ...common, ...keysOf(node) },
      // MinIO neither overwrites nor deletes an object whose metadata it cannot parse.
      { kind: "memory", name: "spare", region: "z", capacity: 1 },
    ] as const;
    rig = await openRig({ backends: await Promise.all(sites.map((site) => openBackend(site))) });
    await rig.put("good", randomBytes(KIB));
  });
  afterAll(async () => {
    await rig?.[Symbol.asyncDispose]();
    await node?.[Symbol.asyncDispose]();
    await minio?.[Symbol.asyncDispose]();
    await rm(nodeDisk, { recursive: true, force: true });
  });

  async function write(key: string, bytes: Buffer): Promise<void> {
    if (bytes.length <= PART) return void (await rig.put(key, bytes));
    const upload = await rig.startUpload(key);
    for (let n = 0; n * PART < bytes.length; n++)
      await rig.uploadPart(upload, n + 1, bytes.subarray(n * PART, (n + 1) * PART));
    await rig.completeUpload(upload);
  }

  /** What a redirected client gets from this backend alone. */
  async function readFrom(backend: string, key: string) {
    const chunks: Buffer[] = [];
    try {
      const { body } = await rig.backend(backend).open((await rig.blobOf(key)).storageKey);
      for await (const chunk of body) chunks.push(chunk);
      return { got: Buffer.concat(chunks), isWhole: true };
    } catch (error) {
      if (!(error instanceof BackendError)) throw error;
      return { got: Buffer.concat(chunks), isWhole: false };
    }
  }

  const stateOf = async (key: string, backend: string) =>
    (await rig.blobOf(key)).replicas.find((replica) => replica.backend === backend)?.state;

  describe.each([
    ["node", () => join(nodeDisk, "disk", "data")],
    ["minio", () => join(minio.directory, "blobs")],
  ] as const)("of a %s", (victim, directory) => {
    describe.each(sizes)("of an object of %s", (_, size) => {
      it.each(harms)(
        "is never served, and is replaced, when its bytes were %s",
        { timeout: 120_000 },
        async (harm, damage) => {
          const order = [victim, victim === "node" ? "minio" : "node"];
          // Next to these, the failures are few: no reason to ask the other store first.
          for (let n = 0; n < 5; n++) await rig.get("good", { order });
          const key = `${victim} ${size} ${harm}`;
          const bytes = randomBytes(size);
          const file = await fileMadeBy(directory(), () => write(key, bytes));
          const at = (await stat(file)).size - 200;
          await damage(file, at);
          const { got, isWhole } = await readFrom(victim, key);
          expect({ isWhole, isRight: got.equals(bytes.subarray(0, got.length)) }).toEqual({
            isWhole: false,
            isRight: true,
          });
          const spot = Math.min(size, PART) - 300 + (size > PART ? 2 * PART : 0);
          for (const [first, last] of [
            [0, 99],
            [spot, spot + 250],
            [Math.max(spot - MIB, 0), spot + 250],
          ] as const)
            expect(
              (await rig.get(key, { order, range: { first, last } })).equals(bytes.subarray(first, last + 1)),
            ).toBe(true);
          expect((await rig.get(key, { order })).equals(bytes)).toBe(true);
          await vi.waitFor(async () => expect(await stateOf(key, victim)).toBe("lost"), { timeout: 10_000 });
          if (victim === "node")
            await expect(rig.backend(victim).stat((await rig.blobOf(key)).storageKey)).rejects.toThrow();
          await rig.upkeep.runDue();
          const { storageKey, replicas } = await rig.blobOf(key);
          const good = replicas.filter(({ state }) => state === "verified");
          expect(good).toHaveLength(2);
          for (const { backend } of good)
            expect((await buffer((await rig.backend(backend).open(storageKey)).body)).equals(bytes)).toBe(true);
        },
      );
    });
  });
});
