// What a body of the API may be, and what it can do to the gateway: little, whatever it is.

import sqlite3 from "sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLog } from "../../src/log.ts";
import { type ApiClient, apiClient } from "../support/api.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

let gateway: TestGateway;
let call: ApiClient;
beforeAll(async () => {
  gateway = await startTestGateway();
  call = apiClient(gateway);
  await gateway.fetch({ method: "PUT", path: "/bucket" });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const MIB = 1024 * 1024;

describe("a body", () => {
  it.each([
    ["nothing", "", "BadRequest"],
    ["half a document", '{"name"', "BadRequest"],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22]), "BadRequest"],
    ["a list in place of an object", "[]", "BadRequest"],
    ["null", "null", "BadRequest"],
    ["lists in lists, as deep as they go", "[".repeat(MIB / 2) + "]".repeat(MIB / 2), "TooLarge"],
    ["more than a mebibyte", `"${"x".repeat(MIB)}"`, "TooLarge"],
    ["half a million values", `{"name":[${"0,".repeat(500_000)}0]}`, "TooLarge"],
    ["names of JavaScript's own", '{"__proto__":{"name":"a"},"constructor":{"name":"b"}}', "BadRequest"],
  ])("that is %s is refused", async (_what, body, code) => {
    const headers = { "content-type": "application/json" };
    const { status, text } = await gateway.fetch({ method: "POST", path: "/-/api/v1/accounts", headers, body });
    expect([status < 500, JSON.parse(text).code]).toEqual([true, code]);
    // An answer is not many times what was asked.
    expect(text.length).toBeLessThan(1000);
  });

  it("is told a hundred of its faults", async () => {
    const metadata = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`m${at}`, at]));
    const files = [{ key: "k", sha256: "0".repeat(64), size: 1, metadata }];
    const { document } = await call("POST", "/claims", { body: { bucket: "bucket", files } });
    expect([document.code, document.errors.length]).toEqual(["BadRequest", 100]);
  });

  it("is not believed when it is not the one that was signed, and does nothing", async () => {
    const { document } = await call("POST", "/accounts", {
      body: { name: "honest" },
      tamper: (prepared) => {
        prepared.body = Buffer.from('{"name":"forged"}');
      },
    });
    expect(document.code).toBe("XAmzContentSHA256Mismatch");
    const { items } = (await call("GET", "/accounts")).document;
    expect(items.map(({ name }: { name: string }) => name)).toEqual(["root"]);
  });

  it("must be signed, and whole", async () => {
    for (const payload of ["unsigned", "chunked", "unsigned-trailer"] as const)
      expect((await call("POST", "/accounts", { body: { name: "new" }, payload })).document.code).toBe("NotSigned");
  });

  it("asks for nothing that its call does not know: it could be a limit", async () => {
    for (const [method, path, body] of [
      ["POST", "/sessions", { minutes: 30, scope: { readOnly: true } }],
      ["PATCH", "/keys/NOBODY", { disabled: true, expiresAt: "2030-01-01T00:00:00Z" }],
      ["PATCH", "/buckets/bucket", { publicAccess: "blocked" }],
      ["POST", "/links", { bucket: "bucket", key: "k", expiresSeconds: 60, networks: ["10.0.0.0/8"] }],
      ["POST", "/delete-preview", { bucket: "bucket", prefix: "", delimiter: "/" }],
      [
        "POST",
        "/claims",
        { bucket: "bucket", files: [{ key: "k", sha256: "0".repeat(64), size: 1, ifNoneMatch: "*" }] },
      ],
      ["POST", "/backends/a/replace", { acceptloss: true }],
      ["POST", "/orphans/confirm", { backend: "store-1", key: "one" }],
    ] as const)
      expect([path, (await call(method, path, { body })).document.code]).toEqual([path, "BadRequest"]);
  });

  it("of who does not sign has 4 KiB at most", async () => {
    const body = { token: "x".repeat(5000) };
    const { document } = await call("POST", "/sign-in", { authentication: "anonymous", body });
    expect(document.code).toBe("TooLarge");
    expect((await call("POST", "/sign-in", { authentication: "anonymous", body: { token: "a" } })).status).toBe(410);
  });

  it("may say its charset", async () => {
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    expect((await call("POST", "/sessions", { body: {}, headers })).status).toBe(201);
  });
});

const NAMED = [
  ["DELETE", (name: string) => `/keys/${name}`],
  ["GET", (name: string) => `/buckets/${name}`],
  ["GET", (name: string) => `/backends/${name}/loss`],
  ["POST", (name: string) => `/jobs/${name}/retry`],
] as const;

it.each(["%00", "%2F", "..%2f..", "%F0%9F%98%80", "%27", "x".repeat(8000)])(
  "takes %j in a path for a name that there is not, or that cannot be",
  async (name) => {
    for (const [method, pathOf] of NAMED) {
      const { status } = await call(method, pathOf(name));
      expect([method, status, [400, 404].includes(status)]).toEqual([method, status, true]);
    }
  },
);

it.each(["%", "%E0%A4%A", "%FF"])("refuses the path %j, which nobody can sign", async (name) => {
  for (const [method, pathOf] of NAMED) {
    const { document } = await call(method, pathOf(name), { authentication: "anonymous" });
    expect(document.code).toBe("InvalidURI");
  }
});

it("shows nothing of a bucket to a key that does not reach it, also when it asks about no key", async () => {
  const scope = { places: [{ bucket: "other", prefix: "" }] };
  const limited = apiClient(gateway, await gateway.addAccount("root", { scope }));
  for (const bucket of ["bucket", "nothing"]) {
    for (const keys of [["a"], undefined]) {
      const body = { bucket, ...(keys ? { keys } : { prefix: "" }) };
      expect((await limited("POST", "/delete-preview", { body })).document.code).toBe("AccessDenied");
    }
    const { document } = await limited("POST", "/delete-preview", { body: { bucket, keys: [] } });
    expect(document).toMatchObject({ code: "BadRequest", errors: [{ pointer: "/keys" }] });
  }
});

it.each(["a\0b", "\ud800"])("looks for no key %j, which no database holds", async (key) => {
  for (const body of [{ keys: [key] }, { prefix: key }])
    expect((await call("POST", "/delete-preview", { body: { bucket: "bucket", ...body } })).document).toMatchObject({
      ...{ code: "InvalidURI", status: 400 },
    });
});

it("leaves a line of a change that fails, with its code", async () => {
  const lines: string[] = [];
  await using logged = await startTestGateway({ log: openLog("info", { write: (line) => void lines.push(line) }) });
  const made = apiClient(logged);
  await made("POST", "/accounts", { body: { name: "twice" } });
  await made("POST", "/accounts", { body: { name: "twice" } });
  await made("DELETE", "/keys/NOBODY");
  const audited = lines.map((line) => JSON.parse(line)).filter(({ audit }) => audit === true);
  expect(audited).toMatchObject([
    { msg: "changed", change: "createAccount", of: { account: "twice" } },
    { msg: "failed", change: "createAccount", code: "Conflict", accessKeyId: logged.accessKeyId },
    { msg: "failed", change: "revokeKey", code: "NotFound", of: { accessKeyId: "NOBODY" } },
  ]);
});

it("says when to try again while the database is busy", { timeout: 30_000 }, async () => {
  const other = new sqlite3.Database(`${gateway.directory}/metadata.sqlite`);
  const run = (sql: string) =>
    new Promise<void>((resolve, reject) => other.run(sql, (error) => (error === null ? resolve() : reject(error))));
  await run("BEGIN IMMEDIATE");
  const { status, headers } = await call("POST", "/accounts", { body: { name: "late" } });
  await run("ROLLBACK");
  await new Promise((resolve) => other.close(resolve));
  expect([status, Number(headers["retry-after"]) > 0]).toEqual([503, true]);
});
