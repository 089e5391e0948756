// The calls through AWS's SDK: failures, wrong answers and truncated answers.
import { describe, expect, it } from "vitest";
import type { BackendFault } from "../../../src/backends/backend.ts";
import { failure, md5, put, writeAll } from "../../contracts/backend-contract.ts";
import type { Fault } from "../../support/faulty-s3-script.ts";
import { onFaultyS3 } from "./support.ts";

const KEY = "blobs/ab/one";
const ONE = Buffer.from("one");
const PARTS = [{ partNumber: 1, etag: md5(ONE) }];
const rewriting = (from: RegExp, to: string): Fault => ({
  do: "answer",
  make: (honest) => ({ ...honest, body: Buffer.from(honest.body.toString().replace(from, to)) }),
});

async function keysOf(listing: AsyncIterable<{ readonly key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listing) keys.push(key);
  return keys;
}

describe("completing an upload", () => {
  it.each<[string, Fault, BackendFault]>([
    ["hides an error in a 200", { do: "hide-error", code: "InternalError" }, "unavailable"],
    ["answers 503", { do: "status", status: 503, code: "SlowDown" }, "unavailable"],
    ["answers 403", { do: "status", status: 403, code: "AccessDenied" }, "refused"],
    ["gives no ETag", rewriting(/<ETag>.*<\/ETag>/, ""), "corrupt"],
    ["hangs up", { do: "disconnect", at: "received" }, "unavailable"],
  ])("fails when the store %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    const id = await at.backend.createUpload(KEY);
    await writeAll(at.backend.writePart(KEY, id, 1, ONE.length), ONE);
    at.store.script({ method: "POST" }, fault);
    expect((await failure(at.backend.completeUpload(KEY, id, PARTS))).fault).toBe(expected);
  });

  it("says absent when it had been done and only the answer was lost: the caller looks", async () => {
    await using at = await onFaultyS3();
    const id = await at.backend.createUpload(KEY);
    await writeAll(at.backend.writePart(KEY, id, 1, ONE.length), ONE);
    at.store.script({ method: "POST", nth: 1 }, { do: "disconnect", at: "stored" });
    expect((await failure(at.backend.completeUpload(KEY, id, PARTS))).fault).toBe("absent");
    expect((await at.backend.stat(KEY)).size).toBe(ONE.length);
  });

  it("fails, when the store stays silent, after the time it was given", async () => {
    await using at = await onFaultyS3({ responseTimeoutMs: 50 });
    at.store.script({ method: "POST" }, { do: "hang" });
    expect((await failure(at.backend.completeUpload(KEY, "id", PARTS))).fault).toBe("unavailable");
  });
});

describe("an upload", () => {
  it("is not begun by an answer without an id", async () => {
    await using at = await onFaultyS3();
    at.store.script({ method: "POST" }, rewriting(/<UploadId>.*<\/UploadId>/, ""));
    expect((await failure(at.backend.createUpload(KEY))).fault).toBe("corrupt");
  });

  it("is not taken for aborted when the store could not be asked", async () => {
    await using at = await onFaultyS3();
    const id = await at.backend.createUpload(KEY);
    at.store.script({ method: "DELETE" }, { do: "status", status: 403, code: "AccessDenied" });
    expect((await failure(at.backend.abortUpload(KEY, id))).fault).toBe("refused");
    expect((await failure(at.backend.abortUpload(KEY))).fault).toBe("refused");
    expect(at.store.uploads.size).toBe(1);
  });

  it("is aborted only under its own key, not under a longer one", async () => {
    await using at = await onFaultyS3();
    await at.backend.createUpload(KEY);
    await at.backend.createUpload(`${KEY}-and-more`);
    await at.backend.abortUpload(KEY);
    expect([...at.store.uploads.values()].map(({ key }) => key)).toEqual([`${KEY}-and-more`]);
  });

  it("has parts whose write fails as absent once it is gone", async () => {
    await using at = await onFaultyS3();
    expect((await failure(writeAll(at.backend.writePart(KEY, "no-such-id", 1, ONE.length), ONE))).fault).toBe("absent");
  });
});

describe("listing", () => {
  it.each<[string, Fault, BackendFault]>([
    ["a second page that fails", { do: "status", status: 403, code: "AccessDenied" }, "refused"],
    ["a second page that is cut", { do: "disconnect", at: { responseBytes: 100 } }, "unavailable"],
    ["a page with fewer keys than it counts", rewriting(/<Contents>.*?<\/Contents>/s, ""), "corrupt"],
    ["a page that does not say whether it is the last", rewriting(/<IsTruncated>.*<\/IsTruncated>/, ""), "corrupt"],
    [
      "a page that says it is not the last and not how to go on",
      rewriting(/<NextContinuationToken>.*<\/NextContinuationToken>/, ""),
      "corrupt",
    ],
    ["the same page again", rewriting(/<Key>[^<]*<\/Key>/g, "<Key>blobs/0</Key>"), "corrupt"],
    ["an entry without a size", rewriting(/<Size>.*?<\/Size>/, ""), "corrupt"],
    ["a key nobody asked for", rewriting(/<Key>blobs\/2<\/Key>/, "<Key>other/2</Key>"), "corrupt"],
  ])("throws on %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    at.store.pageSize = 2;
    for (let n = 0; n < 5; n++) await put(at.backend, `blobs/${n}`, ONE);
    at.store.script({ method: "GET", key: "", query: "continuation-token" }, fault);
    expect((await failure(keysOf(at.backend.list("blobs/")))).fault).toBe(expected);
  });

  it("throws when the bucket is gone: it is not empty", async () => {
    await using at = await onFaultyS3();
    at.store.removeBucket();
    expect((await failure(keysOf(at.backend.list("")))).fault).toBe("unavailable");
  });
});
