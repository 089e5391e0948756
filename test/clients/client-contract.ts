/**
 * What every S3 client must be able to do with a gateway, byte for byte. The client's own file contains only its
 * commands. Where the client itself could be wrong, the SDK checks the result independently.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, HeadObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import { describeWith } from "../support/programs.ts";

/** Where a client under test finds the gateway, and an empty folder it may keep its settings in. */
export interface Endpoint {
  readonly url: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly s3: S3Client;
  readonly folder: string;
  readonly bucket: string;
}

/** Each rejects when the client reports a failure. All act on `Endpoint.bucket`. */
export interface ClientUnderTest {
  put(file: string, key: string): Promise<unknown>;
  /** In parts of 5 MiB. */
  putInParts(file: string, key: string): Promise<unknown>;
  get(key: string, file: string): Promise<unknown>;
  /** The bytes from `first` to the end. */
  readFrom(key: string, first: number): Promise<Buffer>;
  /** The bytes `first` to `last`, both inclusive; absent where the client has no way to ask. */
  readRange?(key: string, first: number, last: number): Promise<Buffer>;
  /** The keys under a prefix, in any order. */
  list(prefix: string): Promise<readonly string[]>;
  /** Within the store. */
  copy(from: string, to: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  /** Everything under a prefix; many in one request where the client can. */
  deleteAll(prefix: string): Promise<unknown>;
  /** URLs by which anyone may read the key for a while: one for each way of signing the client has. */
  presign(key: string): Promise<readonly string[]>;
}

const MIB = 1024 * 1024;
const ODD_KEY = "dir one/ü + &=;'(ok)~.txt";

/** The contract, for one client that needs these programs. */
export function clientContract(
  client: string,
  needed: readonly string[],
  open: (endpoint: Endpoint) => ClientUnderTest | Promise<ClientUnderTest>,
): void {
  describeWith(needed, `${client} against a gateway`, () => {
    // Some of these programs take seconds to start on a busy machine.
    vi.setConfig({ testTimeout: 120_000 });
    let endpoint: Endpoint;
    let underTest: ClientUnderTest;
    let close: () => Promise<void>;
    const small = randomBytes(100_000);
    const large = randomBytes(12 * MIB);

    beforeAll(async () => {
      const gateway = await startTestGateway({});
      const folder = await mkdtemp(join(tmpdir(), "nearbucket-client-"));
      close = async () => {
        await gateway[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      };
      const { url, accessKeyId, secretAccessKey, s3 } = gateway;
      endpoint = { url, accessKeyId, secretAccessKey, s3, folder, bucket: "client-bucket" };
      await s3.send(new CreateBucketCommand({ Bucket: endpoint.bucket }));
      await writeFile(join(folder, "small"), small);
      await writeFile(join(folder, "large"), large);
      await writeFile(join(folder, "empty"), "");
      underTest = await open(endpoint);
    });
    afterAll(() => close?.());

    const file = (name: string): string => join(endpoint.folder, name);
    const head = (key: string) => endpoint.s3.send(new HeadObjectCommand({ Bucket: endpoint.bucket, Key: key }));
    async function expectObject(key: string, content: Buffer): Promise<void> {
      const name = file(`got-${createHash("md5").update(key).digest("hex")}`);
      await underTest.get(key, name);
      expectEqual(await readFile(name), content);
    }

    it("puts a file and gets the same bytes", async () => {
      await underTest.put(file("small"), "put/small");
      expect((await head("put/small")).ETag).toBe(`"${createHash("md5").update(small).digest("hex")}"`);
      await expectObject("put/small", small);
    });

    it("puts and gets an empty file", async () => {
      await underTest.put(file("empty"), "put/empty");
      await expectObject("put/empty", Buffer.alloc(0));
    });

    it("round-trips a key with spaces, signs and letters beyond ASCII", async () => {
      await underTest.put(file("small"), ODD_KEY);
      expect((await head(ODD_KEY)).ContentLength).toBe(small.length);
      expect(await underTest.list("dir one/")).toEqual([ODD_KEY]);
      await expectObject(ODD_KEY, small);
    });

    it("reads ranges", async () => {
      await underTest.put(file("small"), "range/object");
      expectEqual(await underTest.readFrom("range/object", 98_765), small.subarray(98_765));
      if (underTest.readRange)
        expectEqual(await underTest.readRange("range/object", 1_000, 65_999), small.subarray(1_000, 66_000));
    });

    it("lists the keys under a prefix", async () => {
      for (const key of ["list/b", "list/a/1", "list/a/2", "other"]) await underTest.put(file("empty"), key);
      expect([...(await underTest.list("list/"))].sort()).toEqual(["list/a/1", "list/a/2", "list/b"]);
    });

    it("copies within the store", async () => {
      await underTest.put(file("small"), "copy/from");
      await underTest.copy("copy/from", "copy/to");
      await expectObject("copy/to", small);
    });

    it("uploads in parts, reads across their boundaries and copies the whole", async () => {
      await underTest.putInParts(file("large"), "parts/large");
      expect((await head("parts/large")).ETag).toMatch(/^"[0-9a-f]{32}-3"$/);
      await expectObject("parts/large", large);
      expectEqual(await underTest.readFrom("parts/large", 5 * MIB - 10), large.subarray(5 * MIB - 10));
      await underTest.copy("parts/large", "parts/copy");
      await expectObject("parts/copy", large);
    });

    it("deletes", async () => {
      await underTest.put(file("small"), "delete/this");
      await underTest.put(file("small"), "delete/keep");
      await underTest.delete("delete/this");
      expect(await underTest.list("delete/")).toEqual(["delete/keep"]);
    });

    it("deletes everything under a prefix", async () => {
      const keys = ["prune/a", "prune/b&c", "prune/d/e f"];
      for (const key of [...keys, "pruned-not"]) await underTest.put(file("empty"), key);
      await underTest.deleteAll("prune/");
      expect(await underTest.list("prune")).toEqual(["pruned-not"]);
    });

    it("presigns URLs that anyone may read", async () => {
      await underTest.put(file("small"), ODD_KEY);
      for (const url of await underTest.presign(ODD_KEY)) {
        const reply = await fetch(url);
        expect(reply.status, url).toBe(200);
        expectEqual(Buffer.from(await reply.arrayBuffer()), small);
      }
    });

    it("fails to read what is not there", async () => {
      await expect(underTest.get("not/there", file("absent"))).rejects.toThrow();
    });
  });
}

/** What the clients made by AWS read from the environment, cut off from this machine's own settings. */
export function awsEnvironment({
  accessKeyId,
  secretAccessKey,
  folder,
}: Pick<Endpoint, "accessKeyId" | "secretAccessKey" | "folder">): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_CONFIG_FILE: join(folder, "no-config"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "no-credentials"),
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** Equal bytes, without printing megabytes when they are not. */
export function expectEqual(actual: Buffer, expected: Buffer): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.equals(expected), "the bytes differ").toBe(true);
}
