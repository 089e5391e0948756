// Guarantees for every caller of a backend: its work ends when the backend goes down, and every error is a
// BackendError.
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { type Backend, BackendError, type OpenedBlob, type Sink } from "../../src/backends/backend.ts";
import { GuardedBackend } from "../../src/backends/guarded-backend.ts";
import { MemoryBackend } from "../../src/backends/memory/backend.ts";
import { Uptime } from "../../src/backends/uptime.ts";
import { failure } from "../contracts/backend-contract.ts";
import { unwatchedCalls } from "../support/calls.ts";

const bytes = Buffer.from("some bytes");
const reason = new BackendError("far", "unavailable", { detail: "no answer to a probe" });
const wentDown = { backend: "far", fault: "unavailable", message: "far: unavailable: went down", cause: reason };

/** A store in memory some of whose calls do as the test says. */
function guarded(changes: Partial<Backend> = {}) {
  const bare = Object.assign(new MemoryBackend({ name: "far", region: "there" }), changes);
  let uptime = new Uptime();
  return {
    backend: new GuardedBackend(bare, () => uptime, unwatchedCalls()),
    goDown: () => uptime.end("far", reason),
    comeUp: () => {
      uptime = new Uptime();
    },
  };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}

const never = () => new Promise<never>(() => undefined);
const calls: readonly (readonly [keyof Backend, (backend: GuardedBackend) => Promise<unknown>])[] = [
  ["open", (backend) => backend.open("key")],
  ["read", (backend) => backend.read("key", 1)],
  ["stat", (backend) => backend.stat("key")],
  ["delete", (backend) => backend.delete("key")],
  ["createUpload", (backend) => backend.createUpload("key")],
  ["completeUpload", (backend) => backend.completeUpload("key", "id", [])],
  ["abortUpload", (backend) => backend.abortUpload("key")],
];

describe.each(calls)("%s", (name, call) => {
  it("gives up when the backend goes down, and does not begin while it is down", async () => {
    const at = guarded({ [name]: never });
    const work = failure(call(at.backend));
    at.goDown();
    expect(await work).toMatchObject(wentDown);
    expect(await failure(call(at.backend))).toMatchObject(wentDown);
  });

  it.each([
    ["rejects with", () => Promise.reject(new TypeError("odd"))],
    [
      "throws",
      () => {
        throw new TypeError("odd");
      },
    ],
  ])("makes a BackendError of what the adapter %s", async (_how, odd) => {
    const at = guarded({ [name]: odd });
    expect(await failure(call(at.backend))).toMatchObject({
      backend: "far",
      fault: "unavailable",
      cause: new TypeError("odd"),
    });
  });

  it("passes a BackendError on as it is", async () => {
    const error = new BackendError("far", "refused");
    expect(await failure(call(guarded({ [name]: () => Promise.reject(error) }).backend))).toBe(error);
  });
});

describe("a backend that came back", () => {
  it("works, and calls from before it went down stay failed", async () => {
    const answer = deferred<{ size: number; etag: string }>();
    const at = guarded({ stat: () => answer.promise });
    const before = failure(at.backend.stat("key"));
    at.goDown();
    at.comeUp();
    const after = at.backend.stat("key");
    answer.resolve({ size: 1, etag: "etag" });
    expect(await before).toMatchObject(wentDown);
    expect(await after).toEqual({ size: 1, etag: "etag" });
  });
});

describe("a listing", () => {
  const entry = (key: string) => ({ key, size: 1, etag: "etag", modifiedAt: new Date(0) });
  const all = async ({ backend }: ReturnType<typeof guarded>) => {
    const keys: string[] = [];
    for await (const { key } of backend.list("blobs/", "blobs/1")) keys.push(key);
    return keys;
  };

  it("passes completely, from the key on that was asked for", async () => {
    const at = guarded({
      list: async function* (...asked) {
        yield entry(asked.join(" "));
        yield entry("second");
      },
    });
    expect(await all(at)).toEqual(["blobs/ blobs/1", "second"]);
  });

  it("ends when the backend goes down, and does not begin while it is down", async () => {
    const at = guarded({ list: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) });
    const listing = failure(all(at));
    at.goDown();
    expect(await listing).toMatchObject(wentDown);
    expect(await failure(all(at))).toMatchObject(wentDown);
  });

  it("does not go on on a backend that was down meanwhile", async () => {
    const at = guarded({
      list: async function* () {
        yield entry("first");
        yield entry("second");
      },
    });
    const listing = at.backend.list("blobs/");
    expect(await listing.next()).toMatchObject({ value: { key: "first" } });
    at.goDown();
    at.comeUp();
    expect(await failure(listing.next())).toMatchObject(wentDown);
  });

  it("makes a BackendError of what the adapter throws", async () => {
    const at = guarded({
      list: () => {
        throw new TypeError("odd");
      },
    });
    expect(await failure(all(at))).toMatchObject({ backend: "far", fault: "unavailable" });
  });
});

describe("a body", () => {
  const opening = (body: Readable) => guarded({ open: async () => ({ body, size: 10, etag: "etag" }) });

  it("passes completely", async () => {
    const { body } = await opening(Readable.from([bytes], { objectMode: false })).backend.open("key");
    expect(await buffer(body)).toEqual(bytes);
  });

  it("errors when the backend goes down while it is read", async () => {
    const at = opening(new PassThrough());
    const { body } = await at.backend.open("key");
    const failed = once(body, "error");
    at.goDown();
    expect(await failed).toMatchObject([wentDown]);
    expect(body.destroyed).toBe(true);
  });

  it("that arrives after the backend went down is destroyed", async () => {
    const answer = deferred<OpenedBlob>();
    const at = guarded({ open: () => answer.promise });
    const work = failure(at.backend.open("key"));
    at.goDown();
    expect(await work).toMatchObject(wentDown);
    const body = new PassThrough();
    const closed = once(body, "close").catch(() => undefined);
    answer.resolve({ body, size: 10, etag: "etag" });
    await closed;
    expect(body.destroyed).toBe(true);
  });

  it.each([
    ["an error that is no BackendError", new TypeError("odd"), new TypeError("odd")],
    ["no error", undefined, new Error("closed before its end")],
  ])("that closes early with %s errors with a BackendError", async (_with, thrown, cause) => {
    const stream = new PassThrough();
    const { body } = await opening(stream).backend.open("key");
    const failed = once(body, "error");
    stream.destroy(thrown);
    expect(await failed).toMatchObject([{ backend: "far", fault: "unavailable", cause }]);
  });

  it("whose reader stops reading and listening causes no error", async () => {
    const { body } = await opening(new PassThrough()).backend.open("key");
    const closed = new Promise((resolve) => body.once("close", resolve));
    body.destroy();
    await closed;
    expect(body.errored).toBeDefined();
  });
});

describe("an upload that was started after the backend went down", () => {
  it("is aborted", async () => {
    const answer = deferred<string>();
    const aborted = deferred<readonly (string | undefined)[]>();
    const at = guarded({
      createUpload: () => answer.promise,
      abortUpload: async (key, uploadId) => aborted.resolve([key, uploadId]),
    });
    const work = failure(at.backend.createUpload("key"));
    at.goDown();
    expect(await work).toMatchObject(wentDown);
    answer.resolve("late");
    expect(await aborted.promise).toEqual(["key", "late"]);
  });
});

describe("a write", () => {
  const sinkOf = (changes: Partial<Sink>) => {
    const sink = { write: () => undefined, finish: never, abort: () => void aborts.push("abort"), ...changes };
    const aborts: string[] = [];
    return { aborts, sink };
  };

  it("says whether the store agrees on the ETag", async () => {
    const { backend } = guarded();
    const sink = backend.write("key", bytes.length);
    await sink.write(bytes);
    expect(await sink.finish("another")).toBe(false);
    expect(sink.failure).toMatchObject({ backend: "far", fault: "corrupt" });
    const again = backend.write("key", bytes.length);
    await again.write(bytes);
    expect(await again.finish(undefined)).toBe(true);
    expect(again.etag).toBe((await backend.stat("key")).etag);
  });

  it.each([
    ["for the next chunk", (backend: GuardedBackend) => backend.write("key", 10).write(bytes)],
    ["for its end", (backend: GuardedBackend) => backend.writePart("key", "id", 1, 10).finish(undefined)],
  ])("goes on at once when its backend goes down while it waits %s", async (_for, wait) => {
    const { sink, aborts } = sinkOf({ write: never });
    const at = guarded({ write: () => sink, writePart: () => sink });
    const waiting = wait(at.backend);
    at.goDown();
    expect(await waiting).not.toBe(true);
    expect(aborts).toEqual(["abort"]);
  });

  it("reports its first failure once, also when nobody waits", async () => {
    const failures: BackendError[] = [];
    const at = guarded();
    const sink = at.backend.write("key", bytes.length, (failed) => failures.push(failed));
    at.goDown();
    expect(failures).toMatchObject([wentDown]);
    expect(sink.write(bytes)).toBeUndefined();
    expect(await sink.finish(undefined)).toBe(false);
    sink.disprove(new BackendError("far", "corrupt"));
    expect(failures).toHaveLength(1);
  });

  it("reports that its backend was down when it began, after it was handed out", async () => {
    const failures: BackendError[] = [];
    const at = guarded();
    at.goDown();
    const sink = at.backend.write("key", 1, (failed) => failures.push(failed));
    expect(sink.failure).toMatchObject(wentDown);
    expect(failures).toEqual([]);
    await Promise.resolve();
    expect(failures).toEqual([sink.failure]);
  });

  it.each([
    ["write", (sink: { write(chunk: Buffer): Promise<void> | undefined }) => sink.write(bytes)],
    ["finish", (sink: { finish(etag: undefined): Promise<boolean> }) => sink.finish(undefined)],
  ] as const)("makes a BackendError of what the adapter's %s rejects with", async (name, act) => {
    const { sink } = sinkOf({ [name]: () => Promise.reject(new TypeError("odd")) });
    const guardedSink = guarded({ write: () => sink }).backend.write("key", 10);
    await act(guardedSink);
    expect(guardedSink.failure).toMatchObject({ fault: "unavailable", cause: new TypeError("odd") });
  });

  it("that is aborted is not a failure", async () => {
    const failures: BackendError[] = [];
    const at = guarded();
    const sink = at.backend.write("key", bytes.length, (failed) => failures.push(failed));
    sink.abort();
    at.goDown();
    expect(failures).toEqual([]);
    expect(sink.failure).toBeUndefined();
  });
});
