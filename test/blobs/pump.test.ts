import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { CutStream, pump } from "../../src/blobs/pump.ts";

const collectInto = (chunks: Buffer[]) => (chunk: Buffer) => {
  chunks.push(chunk);
  return undefined;
};

describe("pump", () => {
  it("hands over every chunk, in order, and ends", async () => {
    const chunks: Buffer[] = [];
    await pump(Readable.from([Buffer.from("a"), Buffer.from("b")]), collectInto(chunks));
    expect(Buffer.concat(chunks).toString()).toBe("ab");
  });

  it("waits for a chunk to be taken before it asks for the next", async () => {
    let open = 0;
    let most = 0;
    await pump(Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(10))), async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
    });
    expect(most).toBe(1);
  });

  it("waits for the last chunk too", async () => {
    let taken = false;
    await pump(Readable.from([Buffer.from("only")]), async () => {
      await new Promise(setImmediate);
      taken = true;
    });
    expect(taken).toBe(true);
  });

  it("passes on the stream's error", async () => {
    const stream = new PassThrough();
    const done = pump(stream, () => undefined);
    stream.destroy(new Error("broken"));
    await expect(done).rejects.toThrow("broken");
  });

  it("treats a stream that closes without an end as truncated", async () => {
    const stream = new PassThrough();
    const done = pump(stream, () => undefined);
    stream.write("half");
    stream.destroy();
    await expect(done).rejects.toThrow(CutStream);
    await expect(pump(stream, () => undefined)).rejects.toThrow(CutStream);
  });

  it("stops on the signal and leaves the stream paused, not destroyed, its later errors swallowed", async () => {
    const stream = new PassThrough();
    const controller = new AbortController();
    const done = pump(stream, () => undefined, controller.signal);
    controller.abort(new Error("enough"));
    await expect(done).rejects.toThrow("enough");
    expect(stream.destroyed).toBe(false);
    expect(stream.isPaused()).toBe(true);
    stream.destroy(new Error("later"));
  });

  it("does not start when the signal is over", async () => {
    await expect(
      pump(Readable.from([Buffer.from("x")]), () => undefined, AbortSignal.abort(new Error("late"))),
    ).rejects.toThrow("late");
  });

  it("ends with what taking a chunk throws", async () => {
    await expect(pump(Readable.from([Buffer.from("x")]), () => Promise.reject(new Error("full")))).rejects.toThrow(
      "full",
    );
    await expect(
      pump(Readable.from([Buffer.from("x")]), () => {
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
  });
});
