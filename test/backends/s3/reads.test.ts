// The S3 backend when the server fails a read, cuts it short or returns wrong data, and when it fails a delete or a
// stat.
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { BackendError, type BackendFault } from "../../../src/backends/backend.ts";
import { failure, put } from "../../contracts/backend-contract.ts";
import type { Fault } from "../../support/faulty-s3-script.ts";
import type { S3Answer } from "../../support/faulty-s3-store.ts";
import { onFaultyS3 } from "./support.ts";

const KEY = "blobs/ab/one";
const BYTES = randomBytes(1_000_000);
const RANGE = { first: 1000, last: 500_999 };

const answering = (change: (honest: S3Answer) => Partial<S3Answer>): Fault => ({
  do: "answer",
  make: (honest) => ({ ...honest, ...change(honest) }),
});
const withHeaders = (headers: Readonly<Record<string, string>>): Fault =>
  answering((honest) => ({ headers: { ...honest.headers, ...headers } }));
const withoutEtag: Fault = answering(({ headers: { etag: _, ...headers } }) => ({ headers }));

const failures: [string, Fault, BackendFault][] = [
  ["answers 503", { do: "status", status: 503, code: "SlowDown" }, "unavailable"],
  ["answers 403", { do: "status", status: 403, code: "AccessDenied" }, "refused"],
  ["answers 307", { do: "status", status: 307, code: "TemporaryRedirect" }, "unavailable"],
  ["gives no ETag", withoutEtag, "corrupt"],
  ["hangs up", { do: "disconnect", at: "head" }, "unavailable"],
  ["does not know the key", { do: "status", status: 404, code: "NoSuchKey" }, "absent"],
];

describe("open", () => {
  it.each<[string, Fault, BackendFault]>([
    ...failures,
    ["is a node whose copies are all damaged", { do: "status", status: 500, code: "ObjectCorrupt" }, "corrupt"],
    ["is a MinIO that finds damage, or seems to", { do: "status", status: 503, code: "SlowDownRead" }, "corrupt"],
    ["has lost the bucket", { do: "status", status: 404, code: "NoSuchBucket" }, "unavailable"],
    [
      "is another web server",
      answering(() => ({
        status: 404,
        headers: { "content-type": "text/html" },
        body: Buffer.from("<h1>Not Found</h1>"),
      })),
      "unavailable",
    ],
    ["answers with a part nobody asked for", answering(() => ({ status: 206 })), "corrupt"],
  ])("fails when the store %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    at.store.script({ method: "GET" }, fault);
    expect((await failure(at.backend.open(KEY))).fault).toBe(expected);
  });

  it.each<[string, Fault, BackendFault]>([
    ...failures,
    ["has a shorter object", { do: "status", status: 416, code: "InvalidRange" }, "corrupt"],
    ["sends the whole in answer to a range", answering(() => ({ status: 200, body: BYTES })), "corrupt"],
    ["sends another range", withHeaders({ "content-range": "bytes 0-499999/1000000" }), "corrupt"],
    [
      "sends a shorter range",
      answering(({ headers }) => ({
        headers: { ...headers, "content-range": "bytes 1000-400000/1000000" },
        body: Buffer.alloc(399_001),
      })),
      "corrupt",
    ],
    ["says one length and another range", answering(() => ({ body: Buffer.alloc(10) })), "corrupt"],
    ["says no range", withHeaders({ "content-range": "bytes */1000000" }), "corrupt"],
  ])("of a range fails when the store %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    at.store.script({ method: "GET" }, fault);
    expect((await failure(at.backend.open(KEY, RANGE))).fault).toBe(expected);
  });

  it("accepts a 200 for a range that is the whole object", async () => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    at.store.script(
      { method: "GET" },
      answering(() => ({ status: 200 })),
    );
    const found = await at.backend.open(KEY, { first: 0, last: BYTES.length - 1 });
    expect(found.size).toBe(BYTES.length);
    expect((await buffer(found.body)).equals(BYTES)).toBe(true);
  });

  it.each([0, 1, 300_000, 999_999])("gives a body that errors when it is cut after %i bytes", async (responseBytes) => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    at.store.script({ method: "GET" }, { do: "disconnect", at: { responseBytes } });
    const { body } = await at.backend.open(KEY);
    const outcome = await failure(buffer(body));
    expect(outcome.fault).toBe("unavailable");
  });

  it("gives a body that errors when the store falls silent", async () => {
    await using at = await onFaultyS3({ responseTimeoutMs: 500 });
    at.store.keep(KEY, BYTES);
    at.store.script({ method: "GET" }, withHeaders({ "content-length": String(BYTES.length + 10) }));
    const { body } = await at.backend.open(KEY);
    expect(await failure(buffer(body))).toMatchObject({
      fault: "unavailable",
      cause: { message: "nothing came for 500 ms" },
    });
  });

  it("is aborted by its signal before the answer", async () => {
    await using at = await onFaultyS3();
    const hung = at.store.script({ method: "GET" }, { do: "hang" });
    const giveUp = new AbortController();
    const outcome = failure(at.backend.open(KEY, undefined, giveUp.signal));
    await hung.met;
    giveUp.abort(new Error("the member went down"));
    expect(await outcome).toMatchObject({ fault: "unavailable", cause: { message: "the member went down" } });
  });

  it("asks nothing when its signal is already aborted", async () => {
    await using at = await onFaultyS3();
    expect((await failure(at.backend.open(KEY, undefined, AbortSignal.abort()))).fault).toBe("unavailable");
    expect(at.store.requests).toEqual([]);
  });

  it("passes its signal on to the body", async () => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    at.store.script({ method: "GET" }, withHeaders({ "content-length": String(BYTES.length + 10) }));
    const giveUp = new AbortController();
    const { body } = await at.backend.open(KEY, undefined, giveUp.signal);
    const outcome = failure(buffer(body));
    giveUp.abort(new BackendError("far", "unavailable", { detail: "down" }));
    expect((await outcome).message).toBe("far: unavailable: down");
  });

  it("fails when the store stays silent, after the time it was given", async () => {
    await using at = await onFaultyS3({ responseTimeoutMs: 50 });
    at.store.script({ method: "GET" }, { do: "hang" });
    expect((await failure(at.backend.open(KEY))).message).toContain("no answer within 50 ms");
  });

  it("gives its connection back after the last byte, and keeps none of a body that was left", async () => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    await buffer((await at.backend.open(KEY)).body);
    const left = await at.backend.open(KEY);
    left.body.destroy();
    await buffer((await at.backend.open(KEY)).body);
    const [write, first, second, third] = at.store.requests.map(({ connection }) => connection);
    expect([first, second]).toEqual([write, write]);
    expect(third).not.toBe(write);
  });
});

describe("stat", () => {
  it.each<[string, Fault, BackendFault]>(failures)("fails when the store %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    at.store.script({ method: "HEAD", key: KEY }, fault);
    expect((await failure(at.backend.stat(KEY))).fault).toBe(expected);
  });

  it("does not treat a missing bucket as a missing key", async () => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    at.store.removeBucket();
    expect((await failure(at.backend.stat(KEY))).fault).toBe("unavailable");
  });
});

describe("delete", () => {
  it.each<[string, Fault, BackendFault]>([
    ["answers 503", { do: "status", status: 503, code: "SlowDown" }, "unavailable"],
    ["answers 403", { do: "status", status: 403, code: "AccessDenied" }, "refused"],
    ["has lost the bucket", { do: "status", status: 404, code: "NoSuchBucket" }, "unavailable"],
    ["hides an error in a 200", { do: "hide-error", code: "InternalError" }, "unavailable"],
    ["hangs up", { do: "disconnect", at: "received" }, "unavailable"],
  ])("fails when the store %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    at.store.script({ method: "DELETE" }, fault);
    expect((await failure(at.backend.delete(KEY))).fault).toBe(expected);
  });

  it("treats NoSuchKey as success", async () => {
    await using at = await onFaultyS3();
    at.store.script({ method: "DELETE" }, { do: "status", status: 404, code: "NoSuchKey" });
    await expect(at.backend.delete(KEY)).resolves.toBeUndefined();
  });
});

describe("a kept connection that turns out to be dead", () => {
  it.each(["open", "stat", "delete"] as const)("costs %s nothing: it is asked again, once", async (call) => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, Buffer.from("bytes"));
    const method = { open: "GET", stat: "HEAD", delete: "DELETE" } as const;
    const cut = at.store.script({ method: method[call], nth: 1 }, { do: "disconnect", at: "head" });
    await at.backend[call](KEY);
    expect(cut.hits).toBe(1);
    expect(at.store.requests.filter((entry) => entry.method === method[call])).toHaveLength(2);
  });

  it("is not retried on a fresh connection", async () => {
    await using at = await onFaultyS3();
    const cut = at.store.script({ method: "GET" }, { do: "disconnect", at: "head" });
    expect((await failure(at.backend.open(KEY))).fault).toBe("unavailable");
    expect(cut.hits).toBe(1);
  });

  it("is not retried when an answer had begun", async () => {
    await using at = await onFaultyS3();
    await put(at.backend, KEY, BYTES);
    at.store.script({ method: "GET" }, { do: "disconnect", at: { responseBytes: 10 } });
    const { body } = await at.backend.open(KEY);
    expect((await failure(buffer(body))).fault).toBe("unavailable");
    expect(at.store.requests.filter(({ method }) => method === "GET")).toHaveLength(1);
  });
});
