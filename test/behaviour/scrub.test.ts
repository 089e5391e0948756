// A byte is flipped on the disk of a real MinIO, and nobody reads the object: the scrub finds it, and the copy is made
// anew from the other one.
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { openBackend } from "../../src/backends/kinds.ts";
import { startMinio } from "../support/minio.ts";
import { describeWith } from "../support/programs.ts";
import { openRig } from "../support/rig.ts";
import { fileMadeBy, flip } from "../support/rot.ts";

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const DAY = 86_400_000;
const HOUR = 3_600_000;

const fromEnd = (bytes: number) => (size: number) => size - bytes;

describeWith(["minio"], "a byte that is flipped on a MinIO", () => {
  it.each([
    ["beside the metadata of a small object", 4096, fromEnd(200), 0],
    ["in the file of an object", MIB, fromEnd(200), 0],
    ["in a part of an object", 3 * PART, fromEnd(200), 0],
    // MinIO answers InternalError then, as it does for much else.
    ["in the metadata of an object", 4096, () => 60, 3],
  ])("%s is found without a reader, and mended", { timeout: 60_000 }, async (_, size, place, hours) => {
    await using minio = await startMinio({ buckets: ["blobs"] });
    const { url: endpoint, accessKeyId, secretAccessKey } = minio;
    const backends = await Promise.all([
      openBackend({
        ...{ kind: "s3", name: "minio", region: "x", capacity: 1e12, endpoint, bucket: "blobs" },
        ...{ accessKeyId, secretAccessKey, replayedHeaders: "tolerate" },
      }),
      openBackend({ kind: "memory", name: "good", region: "y", capacity: 1e6 }),
      // MinIO neither overwrites nor deletes an object whose metadata it cannot parse.
      openBackend({ kind: "memory", name: "spare", region: "z", capacity: 1 }),
    ]);
    await using rig = await openRig({ backends });
    const bytes = randomBytes(size);
    const file = await fileMadeBy(join(minio.directory, "blobs"), async () => {
      if (size <= PART) return rig.put("key", bytes);
      const upload = await rig.startUpload("key");
      for (let at = 0; at < size; at += PART)
        await rig.uploadPart(upload, at / PART + 1, bytes.subarray(at, at + PART));
      return rig.completeUpload(upload);
    });
    await rig.upkeep.runDue();
    await flip(file, place((await stat(file)).size));
    rig.clock.advance(28 * DAY);
    await rig.upkeep.runDue();
    for (let hour = 0; hour < hours; hour++) {
      rig.clock.advance(HOUR);
      await rig.upkeep.runDue();
    }
    expect(rig.upkeep.scrubbed.get("minio")).toMatchObject({ good: 0, lost: 1 });
    expect(rig.upkeep.scrubbed.get("good")).toMatchObject({ good: 1, lost: 0, unread: 0 });
    const { storageKey, replicas } = await rig.blobOf("key");
    const verified = replicas.filter(({ state }) => state === "verified");
    expect(verified).toHaveLength(2);
    for (const { backend } of verified)
      expect((await buffer((await rig.backend(backend).open(storageKey)).body)).equals(bytes)).toBe(true);
  });
});
