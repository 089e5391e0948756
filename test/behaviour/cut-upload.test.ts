// A client that disconnects during its upload leaves nothing behind, at whatever byte, in a single PUT or in a part.
// Shows I7 of docs/durability.md.
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { startFarStores } from "../support/far-stores.ts";
import { bytesOf, openRig } from "../support/rig.ts";

const STEPS = 16;

/** Sends so many bytes, then breaks off: without a word, or with an error. */
function cutAfter(bytes: Buffer, count: number, error?: Error): Readable {
  let sent = 0;
  return new Readable({
    read() {
      if (sent === count) {
        this.destroy(error);
        return;
      }
      const chunk = bytes.subarray(sent, Math.min(count, sent + 60_000));
      sent += chunk.length;
      this.push(chunk);
    },
  });
}

describe.each([
  ["small", randomBytes(100_000)],
  ["large", randomBytes(2 * 1024 * 1024)],
])("a %s upload", (_, bytes) => {
  it("cut at any byte leaves no trace", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    for (let step = 0; step <= STEPS; step++) {
      const count = Math.min(bytes.length - 1, Math.floor((bytes.length * step) / STEPS));
      for (const error of [undefined, new Error("reset by peer")]) {
        const open = () => cutAfter(bytes, count, error);
        await expect(rig.blobs.put(bytesOf(bytes, { open }), { scope: rig.scope })).rejects.toMatchObject({
          code: "IncompleteBody",
        });
        expect(far.traces()).toEqual([]);
      }
    }
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
    expect(await rig.put("key", bytes)).toMatchObject({ kind: "fresh" });
  });

  it("given up by the client's signal leaves no trace", async () => {
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const client = new AbortController();
    const open = () =>
      new Readable({
        read() {
          this.push(bytes.subarray(0, 50_000));
          client.abort(new Error("gone"));
        },
      });
    await expect(rig.blobs.put(bytesOf(bytes, { open, sender: client }), { scope: rig.scope })).rejects.toMatchObject({
      code: "IncompleteBody",
    });
    await rig.upkeep.runDue();
    expect(far.traces()).toEqual([]);
  });
});

describe("a part", () => {
  it("cut at any byte is not stored, and the upload can continue", async () => {
    const bytes = randomBytes(500_000);
    await using far = await startFarStores(2);
    await using rig = await openRig({ backends: far.backends });
    const upload = await rig.startUpload("key");
    for (let step = 0; step < STEPS; step++) {
      const open = () => cutAfter(bytes, Math.floor((bytes.length * step) / STEPS));
      await expect(rig.blobs.putPart(upload, 1, bytesOf(bytes, { open }))).rejects.toMatchObject({
        code: "IncompleteBody",
      });
    }
    for (const store of far.stores) expect([...store.uploads.values()].map(({ parts }) => parts.size)).toEqual([0]);
    await rig.uploadPart(upload, 1, bytes);
    await rig.completeUpload(upload);
    expect(bytes.equals(await rig.get("key"))).toBe(true);
  });
});
