// The S3 backend when the server fails a write or gives a wrong answer to it.
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { BackendFault } from "../../../src/backends/backend.ts";
import { failure, md5, put, writeAll } from "../../contracts/backend-contract.ts";
import type { Fault } from "../../support/faulty-s3-script.ts";
import { onFaultyS3 } from "./support.ts";

const KEY = "blobs/ab/one";
const SMALL = randomBytes(4096);
const LARGE = randomBytes(3 * 1024 * 1024);

const withoutEtag: Fault = {
  do: "answer",
  make: ({ headers: { etag: _, ...headers }, ...answer }) => ({ ...answer, headers }),
};

describe.each([
  ["small", SMALL],
  ["large", LARGE],
])("a %s write", (_, bytes) => {
  it.each<[string, Fault, BackendFault]>([
    ["answers 503", { do: "status", status: 503, code: "SlowDown" }, "unavailable"],
    ["answers 500", { do: "status", status: 500 }, "unavailable"],
    ["answers 429", { do: "status", status: 429, code: "TooManyRequests" }, "unavailable"],
    [
      "answers 307",
      { do: "status", status: 307, code: "TemporaryRedirect", headers: { location: "http://127.0.0.1:1/" } },
      "unavailable",
    ],
    ["answers 301", { do: "status", status: 301, code: "PermanentRedirect" }, "refused"],
    ["answers 403", { do: "status", status: 403, code: "AccessDenied" }, "refused"],
    ["is full", { do: "status", status: 507, code: "XMinioStorageFull" }, "refused"],
    ["is over quota", { do: "status", status: 400, code: "XMinioAdminBucketQuotaExceeded" }, "refused"],
    ["got other bytes", { do: "status", status: 400, code: "BadDigest" }, "corrupt"],
    ["has lost the bucket", { do: "status", status: 404, code: "NoSuchBucket" }, "unavailable"],
    ["hides an error in a 200", { do: "hide-error", code: "InternalError" }, "unavailable"],
    ["hides a refusal in a 200", { do: "hide-error", code: "AccessDenied" }, "refused"],
    ["gives no ETag", withoutEtag, "corrupt"],
    ["hangs up before it stores", { do: "disconnect", at: "received" }, "unavailable"],
    ["stores and hangs up", { do: "disconnect", at: "stored" }, "unavailable"],
    ["hangs up in the head", { do: "disconnect", at: "head" }, "unavailable"],
    ["answers before the body", { do: "status", status: 503, code: "SlowDown", early: true }, "unavailable"],
  ])("fails when the store %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    at.store.script({ method: "PUT" }, fault);
    expect((await failure(put(at.backend, KEY, bytes))).fault).toBe(expected);
  });

  it("passes on an ETag that is not the md5: the caller compares", async () => {
    await using at = await onFaultyS3();
    at.store.script({ method: "PUT" }, { do: "truncate", keep: 10, etagOf: "kept" });
    expect(await put(at.backend, KEY, bytes)).toEqual({ etag: md5(bytes.subarray(0, 10)) });
  });

  it("fails, when the store stays silent, after the time it was given", async () => {
    await using at = await onFaultyS3({ responseTimeoutMs: 50 });
    at.store.script({ method: "PUT" }, { do: "hang" });
    expect(await failure(put(at.backend, KEY, bytes))).toMatchObject({
      fault: "unavailable",
      message: expect.stringContaining("no answer within 50 ms"),
    });
  });

  it("can be aborted while the store is silent", async () => {
    await using at = await onFaultyS3();
    const hung = at.store.script({ method: "PUT" }, { do: "hang" });
    const sink = at.backend.write(KEY, bytes.length);
    const outcome = writeAll(sink, bytes);
    await hung.met;
    sink.abort();
    expect((await failure(outcome)).fault).toBe("unavailable");
  });

  it("reports the store's error", async () => {
    await using at = await onFaultyS3();
    at.store.script({ method: "PUT" }, { do: "status", status: 403, code: "AccessDenied" });
    expect((await failure(put(at.backend, KEY, bytes))).message).toBe(
      "far: refused: PUT: 403 AccessDenied AccessDenied",
    );
  });
});

describe("a large write", () => {
  it("goes at the pace of the store", async () => {
    await using at = await onFaultyS3();
    const slow = at.store.script({ method: "PUT" }, { do: "stop-reading", after: 100_000 });
    const bytes = randomBytes(32 * 1024 * 1024);
    const sink = at.backend.write(KEY, bytes.length);
    let hasWritten = false;
    const written = (async () => {
      for (let sent = 0; sent < bytes.length; sent += 64 * 1024)
        await sink.write(bytes.subarray(sent, sent + 64 * 1024));
      hasWritten = true;
    })();
    await slow.met;
    await at.store.seen({ method: "PUT" });
    expect(hasWritten).toBe(false);
    slow.release();
    await written;
    expect(await sink.finish()).toEqual({ etag: md5(bytes) });
  });

  it("fails a writer that waits when the store takes nothing for too long", async () => {
    await using at = await onFaultyS3({ responseTimeoutMs: 100 });
    at.store.script({ method: "PUT" }, { do: "stop-reading", after: 0 });
    const bytes = Buffer.alloc(64 * 1024 * 1024);
    expect((await failure(put(at.backend, KEY, bytes))).message).toContain("took nothing for 100 ms");
  });

  it("fails a writer that waits when it is given up, and again after that", async () => {
    await using at = await onFaultyS3();
    at.store.script({ method: "PUT" }, { do: "stop-reading", after: 0 });
    const bytes = Buffer.alloc(64 * 1024 * 1024);
    const sink = at.backend.write(KEY, bytes.length);
    const outcome = writeAll(sink, bytes);
    await at.store.seen({ method: "PUT" });
    sink.abort();
    expect((await failure(outcome)).fault).toBe("unavailable");
    expect((await failure(Promise.resolve(sink.write(Buffer.alloc(1))))).fault).toBe("unavailable");
  });

  it.each([1, 100_000, 2_000_000])("fails when the connection is cut after %i bytes", async (requestBytes) => {
    await using at = await onFaultyS3();
    at.store.script({ method: "PUT" }, { do: "disconnect", at: { requestBytes } });
    expect((await failure(put(at.backend, KEY, LARGE))).fault).toBe("unavailable");
    expect(at.store.objects.size).toBe(0);
  });

  it("stops at a refusal that comes before its body is sent", async () => {
    await using at = await onFaultyS3();
    at.store.script({ method: "PUT" }, { do: "status", status: 403, code: "AccessDenied", early: true });
    const bytes = Buffer.alloc(64 * 1024 * 1024);
    expect((await failure(put(at.backend, KEY, bytes))).fault).toBe("refused");
    expect(at.store.requests[0]?.bodyBytes).toBe(0);
  });
});

describe("a kept connection that turns out to be dead", () => {
  it("costs a small write nothing: it is sent again, once", async () => {
    await using at = await onFaultyS3();
    await put(at.backend, "blobs/ab/warm", SMALL);
    const cut = at.store.script({ key: KEY, nth: 1 }, { do: "disconnect", at: "head" });
    expect(await put(at.backend, KEY, SMALL)).toEqual({ etag: md5(SMALL) });
    expect(cut.hits).toBe(1);
    const [warm, first, second] = at.store.requests;
    expect(first?.connection).toBe(warm?.connection);
    expect(second?.connection).not.toBe(warm?.connection);
    expect(at.store.objects.get(KEY)?.bytes.equals(SMALL)).toBe(true);
  });

  it("fails a small write that meets it twice", async () => {
    await using at = await onFaultyS3();
    await put(at.backend, "blobs/ab/warm", SMALL);
    const cut = at.store.script({ key: KEY }, { do: "disconnect", at: "head" });
    expect((await failure(put(at.backend, KEY, SMALL))).fault).toBe("unavailable");
    expect(cut.hits).toBe(2);
  });

  it("fails a large write, whose bytes are no longer in hand", async () => {
    await using at = await onFaultyS3();
    await put(at.backend, "blobs/ab/warm", SMALL);
    const cut = at.store.script({ key: KEY }, { do: "disconnect", at: "head" });
    expect((await failure(put(at.backend, KEY, LARGE))).fault).toBe("unavailable");
    expect(cut.hits).toBe(1);
  });
});

describe("a connection that cannot be made", () => {
  it("fails at once where nobody listens", async () => {
    await using at = await onFaultyS3();
    await at.store.stop();
    const refused = await failure(put(at.backend, KEY, SMALL));
    expect(refused).toMatchObject({ fault: "unavailable", cause: { code: "ECONNREFUSED" } });
    await at.store.restart();
    expect(await put(at.backend, KEY, SMALL)).toEqual({ etag: md5(SMALL) });
  });
});
