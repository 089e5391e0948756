// The identity of a bucket: what each answer of a store means, and who makes a bucket.
import { describe, expect, it } from "vitest";
import type { BackendFault } from "../../../src/backends/backend.ts";
import { addressOf } from "../../../src/backends/s3/address.ts";
import { IdentityObject } from "../../../src/backends/s3/identity-object.ts";
import { S3Transport } from "../../../src/backends/s3/transport.ts";
import { failure, md5, put } from "../../contracts/backend-contract.ts";
import { IDENTITY } from "../../contracts/identity-contract.ts";
import { startFaultyS3 } from "../../support/faulty-s3.ts";
import type { Fault } from "../../support/faulty-s3-script.ts";
import type { S3Answer } from "../../support/faulty-s3-store.ts";
import { backendAt, onFaultyS3 } from "./support.ts";

const KEY = "blobs/ab/one";
const ONE = Buffer.from("one");
const OBJECT = "nearbucket-identity";
const soon = () => AbortSignal.timeout(5000);
const calls = (store: { readonly requests: readonly { readonly method: string; readonly key: string }[] }) =>
  store.requests.map(({ method, key }) => `${method} ${key}`);

describe("the identity of a bucket", () => {
  it.each<[string, Fault, BackendFault | undefined]>([
    ["the key is not there", { do: "status", status: 404, code: "NoSuchKey" }, undefined],
    ["the bucket is not there", { do: "status", status: 404, code: "NoSuchBucket" }, "absent"],
    ["nobody says what is not there", { do: "status", status: 404, code: "NotFound" }, "unavailable"],
    ["it must not be read", { do: "status", status: 403, code: "AccessDenied" }, "refused"],
    ["the store is in trouble", { do: "status", status: 503, code: "SlowDown" }, "unavailable"],
    ["it is damaged, or seems to be", { do: "status", status: 503, code: "SlowDownRead" }, "unavailable"],
    [
      "it is somebody's own object",
      { do: "answer", make: (honest) => ({ ...honest, body: Buffer.from("<x/>") }) },
      "corrupt",
    ],
  ])("says what an operator must know when %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    await at.backend.establish(IDENTITY);
    at.store.script({ method: "GET", key: OBJECT }, fault);
    at.store.script(
      { method: "HEAD", key: OBJECT },
      { do: "status", status: fault.do === "status" ? fault.status : 404 },
    );
    const found = await at.backend.identity(soon()).catch((error) => error.fault);
    expect(found).toBe(expected);
    expect((await failure(at.backend.probe(soon(), IDENTITY))).fault).toBe(expected ?? "absent");
  });

  it("is looked at with one HEAD, and read only when that surprises", async () => {
    await using at = await onFaultyS3();
    await at.backend.establish(IDENTITY);
    at.store.requests.length = 0;
    await at.backend.probe(soon(), IDENTITY);
    expect(calls(at.store)).toEqual([`HEAD ${OBJECT}`]);
    await failure(at.backend.probe(soon(), "another-identity"));
    expect(calls(at.store).slice(1)).toEqual([`HEAD ${OBJECT}`, `GET ${OBJECT}`]);
  });

  it("ends with the signal of its probe", async () => {
    await using at = await onFaultyS3();
    at.store.script({ method: "HEAD" }, { do: "hang" });
    at.store.script({ method: "PUT" }, { do: "hang" });
    expect((await failure(at.backend.probe(AbortSignal.timeout(20), IDENTITY))).fault).toBe("unavailable");
    expect((await failure(at.backend.probeWrite(AbortSignal.timeout(20)))).fault).toBe("unavailable");
  });

  it("is written where the store knows no conditional writes, and read back", async () => {
    await using at = await onFaultyS3();
    const refusal = at.store.script(
      { method: "PUT", key: OBJECT, nth: 1 },
      { do: "status", status: 501, code: "NotImplemented" },
    );
    await at.backend.establish(IDENTITY);
    expect(refusal.hits).toBe(1);
    expect(await at.backend.identity(soon())).toBe(IDENTITY);
  });

  it("is not taken for written when another one stands there afterwards", async () => {
    await using at = await onFaultyS3();
    at.store.script({ method: "PUT", key: OBJECT }, { do: "status", status: 412, code: "PreconditionFailed" });
    expect((await failure(at.backend.establish(IDENTITY))).fault).toBe("refused");
  });
});

describe("a key that is not there", () => {
  const missing = async (at: Awaited<ReturnType<typeof onFaultyS3>>) => [
    (await failure(at.backend.stat("blobs/ab/never"))).fault,
    (await failure(at.backend.open("blobs/ab/never"))).fault,
    (await failure(at.backend.read("blobs/ab/never", 3))).fault,
  ];

  it("is absent while the store is the one that was probed", async () => {
    await using at = await onFaultyS3();
    await at.backend.establish(IDENTITY);
    expect(await missing(at)).toEqual(["absent", "absent", "absent"]);
  });

  it.each([
    ["was emptied", undefined],
    ["is another one", "another-identity"],
  ])("is not believed of a store that %s since", async (_, instead) => {
    await using at = await onFaultyS3();
    await at.backend.establish(IDENTITY);
    at.store.objects.clear();
    if (instead !== undefined) at.store.keep(OBJECT, Buffer.from(`${instead}\n`));
    expect(await missing(at)).toEqual(["unavailable", "unavailable", "unavailable"]);
    expect((await failure(at.backend.delete(KEY))).fault).toBe("unavailable");
  });
});

describe("a deletion", () => {
  it("is believed after a look at the identity that came later", async () => {
    await using at = await onFaultyS3();
    await at.backend.establish(IDENTITY);
    await put(at.backend, KEY, ONE);
    at.store.requests.length = 0;
    for (let n = 0; n < 2; n++) await at.backend.delete(KEY);
    const each = [`DELETE ${KEY}`, `HEAD ${OBJECT}`];
    expect(calls(at.store)).toEqual([...each, ...each]);
  });
});

describe("the end of an upload that is not there", () => {
  it.each([
    ["an empty store", undefined],
    ["another store", "another-identity"],
  ])("is not believed of %s", async (_, instead) => {
    await using at = await onFaultyS3();
    await at.backend.establish(IDENTITY);
    await at.backend.abortUpload(KEY, "no-such-id");
    await at.backend.abortUpload(KEY);
    at.store.objects.clear();
    if (instead !== undefined) at.store.keep(OBJECT, Buffer.from(`${instead}\n`));
    expect((await failure(at.backend.abortUpload(KEY, "no-such-id"))).fault).toBe("unavailable");
    expect((await failure(at.backend.abortUpload(KEY))).fault).toBe("unavailable");
  });

  it("costs no look where the store ended the upload", async () => {
    await using at = await onFaultyS3();
    await at.backend.establish(IDENTITY);
    const id = await at.backend.createUpload(KEY);
    at.store.requests.length = 0;
    await at.backend.abortUpload(KEY, id);
    expect(calls(at.store)).toEqual([`DELETE ${KEY}`]);
  });
});

describe("a look at whether the store is in place", () => {
  async function looking() {
    const store = await startFaultyS3();
    const address = addressOf(store.endpoint, store.bucket, "", true);
    const keys = { accessKeyId: "key", secretAccessKey: "secret", signingRegion: "us-east-1" };
    const limits = { connectTimeoutMs: 2000, responseTimeoutMs: 30_000 };
    const transport = new S3Transport({ backend: "far", address, ...keys, ...limits });
    const { keyBase } = address;
    const identity = new IdentityObject({ transport, keyBase, createBucket: undefined, asksReadiness: false });
    await identity.establish(IDENTITY);
    store.requests.length = 0;
    return {
      store,
      identity,
      async [Symbol.asyncDispose]() {
        transport.close();
        await store[Symbol.asyncDispose]();
      },
    };
  }

  it("shows nothing about what came after its beginning", async () => {
    await using at = await looking();
    const asked: Promise<unknown>[] = [];
    const emptied = (honest: S3Answer) => {
      at.store.objects.clear();
      asked.push(at.identity.isInPlace());
      return honest;
    };
    at.store.script({ method: "HEAD", nth: 1 }, { do: "answer", make: emptied });
    expect(await at.identity.isInPlace()).toBe(true);
    expect(await Promise.all(asked)).toEqual([expect.objectContaining({ fault: "unavailable" })]);
  });

  it("is shared by all who ask during the one before", async () => {
    await using at = await looking();
    const asked = Array.from({ length: 16 }, () => at.identity.isInPlace());
    expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
    expect(calls(at.store)).toEqual([`HEAD ${OBJECT}`, `HEAD ${OBJECT}`]);
    await at.identity.isInPlace();
    expect(at.store.requests).toHaveLength(3);
  });
});

describe("a small write", () => {
  it.each<[string, Fault, BackendFault]>([
    ["is refused", { do: "status", status: 403, code: "AccessDenied" }, "refused"],
    ["finds the store full", { do: "status", status: 507, code: "XMinioStorageFull" }, "refused"],
    ["is answered 200 with an error inside", { do: "hide-error", code: "InternalError" }, "unavailable"],
    [
      "gets an ETag that is not its md5",
      { do: "answer", make: (honest) => ({ ...honest, headers: { ...honest.headers, etag: '"1"' } }) },
      "corrupt",
    ],
  ])("says why the store takes none when it %s", async (_, fault, expected) => {
    await using at = await onFaultyS3();
    at.store.script({ method: "PUT" }, fault);
    expect((await failure(at.backend.probeWrite(soon()))).fault).toBe(expected);
  });
});

describe("a bucket that is missing", () => {
  it("is made by establishing where that is configured, once, and by nothing else", async () => {
    await using store = await startFaultyS3();
    for (let n = 0; n < 2; n++) {
      const backend = backendAt(store.endpoint, { bucket: "new", createBucket: true });
      if (n === 0) expect((await failure(backend.probe(soon(), IDENTITY))).fault).toBe("absent");
      await backend.establish(IDENTITY);
      await backend.probe(soon(), IDENTITY);
      expect(await put(backend, KEY, ONE)).toEqual({ etag: md5(ONE) });
      await backend.close();
    }
    expect(store.requests.filter(({ method, key }) => method === "PUT" && key === "")).toHaveLength(1);
  });

  it("stays missing where it is not configured", async () => {
    await using store = await startFaultyS3();
    const backend = backendAt(store.endpoint, { bucket: "new" });
    expect((await failure(backend.establish(IDENTITY))).fault).toBe("absent");
    expect(store.requests.map(({ method }) => method)).toEqual(["GET"]);
    await backend.close();
  });
});
