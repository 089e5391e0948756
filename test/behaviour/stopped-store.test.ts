// A store whose process is stopped takes connections and never answers. Reads do not wait until it is found down.
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { openBackend } from "../../src/backends/kinds.ts";
import { type Minio, startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { openRig } from "../support/rig.ts";

const sizes = [1000, 100_000, 400_000, 3_000_000];

const backendOf = (name: string, { url: endpoint, accessKeyId, secretAccessKey }: Minio) =>
  openBackend({
    kind: "s3",
    name,
    region: `region-${name}`,
    endpoint,
    bucket: "blobs",
    createBucket: true,
    replayedHeaders: "tolerate",
    accessKeyId,
    secretAccessKey,
  });

describeWith(["minio"], "a MinIO that is stopped", () => {
  it("delays no read until a time-out, and serves again when it goes on", { timeout: 60_000 }, async () => {
    await using stopped = await startMinio();
    await using other = await startMinio();
    const backends = [await backendOf("a", stopped), await backendOf("b", other)];
    // Nothing but the reads themselves can tell that it is stopped.
    await using rig = await openRig({ backends, stillMs: 600_000, probeIntervalMs: 600_000 });
    const bodies = new Map(sizes.map((size) => [`key-${size}`, randomBytes(size)]));
    for (const [key, bytes] of bodies) await rig.put(key, bytes);
    const readAll = async () => {
      for (const [key, bytes] of bodies) expect((await rig.get(key, { order: ["a", "b"] })).equals(bytes)).toBe(true);
    };
    await readAll();
    const good = rig.fleet.get("a");
    process.kill(stopped.server.pid, "SIGSTOP");
    try {
      await readAll();
      expect([good?.up, good?.reads.state, good?.reads.errorRate ?? 0]).toEqual([true, "closed", 0]);
      // The first read found it silent. After that, the other one was asked first.
      expect(rig.blobs.hedgeCounts).toMatchObject({ second: 1 });
    } finally {
      process.kill(stopped.server.pid, "SIGCONT");
    }
    process.kill(other.server.pid, "SIGSTOP");
    try {
      await readAll();
    } finally {
      process.kill(other.server.pid, "SIGCONT");
    }
  });
});
