// What clients see while the database is in trouble: a 503 with Retry-After after a bounded wait, no half commit, and
// service again as soon as the database is well, without a restart.
// Shows I1, I12 of docs/durability.md.
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sqlite3 from "sqlite3";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { makePostgres, postgresUrl } from "../support/engines.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { openPostgresProxy } from "../support/postgres-proxy.ts";
import { run } from "../support/run.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const put = ({ fetch }: TestGateway, key: string) => fetch({ method: "PUT", path: `/bucket/${key}`, body: key });
const get = ({ fetch }: TestGateway, key: string) => fetch({ path: `/bucket/${key}` });

/** A refusal that S3's clients understand as "again, later". */
const unavailable = {
  status: 503,
  headers: expect.objectContaining({ "retry-after": expect.stringMatching(/^\d+$/) }),
};

const WITHIN = { timeout: 20_000, interval: 50 };

/** Bytes, for a few objects' rows and whatever a gateway writes by itself meanwhile. */
const ROOM_FOR_SOME = 512 * 1024;

/** Every object whose PUT was acknowledged reads back, and none is there in part. */
async function checkStored(gateway: TestGateway, outcomes: ReadonlyMap<string, number>): Promise<void> {
  for (const [key, status] of outcomes) {
    const answer = await get(gateway, key);
    if (status === 200 || answer.status !== 404) expect(answer).toMatchObject({ status: 200, text: key });
  }
}

async function makeBucket(gateway: TestGateway): Promise<TestGateway> {
  expect((await gateway.fetch({ method: "PUT", path: "/bucket" })).status).toBe(200);
  return gateway;
}

describe("SQLite", () => {
  it("that another program keeps locked refuses writes, serves reads, and takes writes again", async () => {
    await using gateway = await makeBucket(await startTestGateway());
    expect((await put(gateway, "before")).status).toBe(200);
    const other = new sqlite3.Database(join(gateway.directory, "metadata.sqlite"));
    const sql = (text: string) =>
      new Promise<void>((resolve, reject) => other.run(text, (error) => (error ? reject(error) : resolve())));
    await sql("BEGIN IMMEDIATE");
    const startUpload = gateway.fetch({ method: "POST", path: "/bucket/parts?uploads" });
    const writes = Promise.all([...["a", "b", "c"].map((key) => put(gateway, key)), startUpload]);
    expect(await get(gateway, "before")).toMatchObject({ status: 200, text: "before" });
    const start = performance.now();
    for (const answer of await writes) expect(answer).toMatchObject(unavailable);
    expect(performance.now() - start).toBeLessThan(13_000);
    await sql("ROLLBACK");
    for (const key of ["a", "b", "c"]) expect((await get(gateway, key)).status).toBe(404);
    expect((await put(gateway, "a")).status).toBe(200);
    await new Promise((resolve) => other.close(resolve));
  }, 40_000);

  it.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")(
    "on a full disk refuses writes, keeps what it acknowledged, and takes writes again when there is room",
    async () => {
      const directory = await temporaryDirectory();
      await run("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", directory]);
      onTestFinished(async () => void (await run("umount", ["--lazy", directory])));
      const file = join(directory, "metadata.sqlite");
      await using gateway = await makeBucket(
        await startTestGateway({ config: { metadata: { kind: "sqlite", file, durable: true } } }),
      );
      const { blocks, bfree, bsize } = await statfs(directory);
      await run("mount", ["-o", `remount,size=${(blocks - bfree) * bsize + ROOM_FOR_SOME}`, directory]);
      const outcomes = new Map<string, number>();
      for (let at = 0; at < 60; at++) {
        const answer = await put(gateway, `key-${at}`);
        if (answer.status !== 200) expect(answer).toMatchObject(unavailable);
        outcomes.set(`key-${at}`, answer.status);
      }
      expect(new Set(outcomes.values())).toEqual(new Set([200, 503]));
      await checkStored(gateway, outcomes);
      await run("mount", ["-o", "remount,size=16m", directory]);
      expect((await put(gateway, "after")).status).toBe(200);
      await checkStored(gateway, outcomes);
    },
    60_000,
  );

  it.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")(
    "on a disk that is nearly full refuses what adds content, and takes what makes room",
    async () => {
      const directory = await temporaryDirectory();
      await run("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", directory]);
      onTestFinished(async () => void (await run("umount", ["--lazy", directory])));
      const file = join(directory, "metadata.sqlite");
      await using gateway = await makeBucket(
        await startTestGateway({ config: { metadata: { kind: "sqlite", file } } }),
      );
      const started = await gateway.fetch({ method: "POST", path: "/bucket/parts?uploads" });
      const upload = `/bucket/parts?partNumber=1&uploadId=${/<UploadId>(.*)<\/UploadId>/.exec(started.text)?.[1]}`;
      expect((await put(gateway, "before")).status).toBe(200);
      const { bavail, bsize } = await statfs(directory);
      await writeFile(join(directory, "another"), Buffer.alloc(bavail * bsize - 512 * 1024));
      await vi.waitFor(async () => expect(await put(gateway, "new")).toMatchObject(unavailable), WITHIN);
      const copied = { "x-amz-copy-source": "/bucket/before" };
      for (const request of [
        { method: "POST", path: "/bucket/more?uploads" },
        { method: "PUT", path: upload, body: "part" },
        { method: "PUT", path: "/bucket/copy", headers: copied },
      ])
        expect(await gateway.fetch(request), request.path).toMatchObject(unavailable);
      expect(await get(gateway, "before")).toMatchObject({ status: 200, text: "before" });
      expect((await gateway.fetch({ method: "DELETE", path: "/bucket/before" })).status).toBe(204);
      await rm(join(directory, "another"));
      await vi.waitFor(async () => expect((await put(gateway, "new")).status).toBe(200), WITHIN);
      expect((await gateway.fetch({ method: "PUT", path: upload, body: "part" })).status).toBe(200);
    },
    60_000,
  );
});

async function openOnPostgres() {
  const database = await makePostgres(postgresUrl ?? "");
  onTestFinished(() => database.remove());
  const url = database.engine.kind === "postgres" ? database.engine.url : "";
  const proxy = await openPostgresProxy(url);
  onTestFinished(() => proxy.close());
  const gateway = await startTestGateway({ config: { metadata: { kind: "postgres", url: proxy.url } } });
  return {
    proxy,
    database,
    gateway: await makeBucket(gateway),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

describe.skipIf(!postgresUrl)("PostgreSQL", () => {
  it("that is restarted under load costs a 503 and no object", async () => {
    await using s = await openOnPostgres();
    const outcomes = new Map<string, number>();
    let next = 0;
    let refused = 0;
    let afterwards = 0;
    let state: "up" | "down" | "back" = "up";
    const client = async () => {
      while (afterwards < 40) {
        const key = `key-${next++}`;
        const answer = await put(s.gateway, key);
        if (answer.status !== 200) expect(answer).toMatchObject(unavailable);
        outcomes.set(key, answer.status);
        if (answer.status === 503) refused++;
        if (state === "back" && answer.status === 200) afterwards++;
        if (state === "up" && outcomes.size >= 40) {
          state = "down";
          s.proxy.stop();
        } else if (state === "down" && refused >= 16) {
          state = "back";
          s.proxy.resume();
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    expect(refused).toBeGreaterThanOrEqual(16);
    await checkStored(s.gateway, outcomes);
  }, 60_000);

  it("that hangs costs a 503 within half a minute, and serves again when it answers again", async () => {
    await using s = await openOnPostgres();
    expect((await put(s.gateway, "before")).status).toBe(200);
    s.proxy.stall();
    const start = performance.now();
    const requests = [put(s.gateway, "object"), get(s.gateway, "before"), get(s.gateway, "none")];
    for (const answer of await Promise.all(requests)) expect(answer).toMatchObject(unavailable);
    expect(performance.now() - start).toBeLessThan(30_000);
    s.proxy.resume();
    expect(await get(s.gateway, "before")).toMatchObject({ status: 200, text: "before" });
    expect((await put(s.gateway, "object")).status).toBe(200);
  }, 60_000);

  it.each(["cutAfterCommit", "cutBeforeCommit"] as const)(
    "whose answer to COMMIT is lost (%s) costs a 503, and the object is there whole or not at all",
    async (cut) => {
      await using s = await openOnPostgres();
      expect((await put(s.gateway, "before")).status).toBe(200);
      s.proxy[cut]("object-add");
      expect(await put(s.gateway, "object")).toMatchObject(unavailable);
      const found = async () => (await get(s.gateway, "object")).status;
      await expect.poll(found).toBe(cut === "cutAfterCommit" ? 200 : 404);
      await checkStored(s.gateway, new Map([["object", 503]]));
      expect((await put(s.gateway, "object")).status).toBe(200);
    },
  );
});
