// `nearbucket import` without --in-place: the objects of another service's bucket are copied over while old clients and
// new ones go on, and the takeover ends when nothing is left out.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { expect, it, vi } from "vitest";
import { runCommand } from "../cli/terminal.ts";
import { MAIN } from "../support/gateway-process.ts";
import { forEachTakeover, openTakeoverScene } from "../support/takeover-scene.ts";

vi.setConfig({ testTimeout: 120_000 });
const MIB = 1024 ** 2;
const Bucket = "photos";

const scene = forEachTakeover();

const put = (Key: string, Body: string) => scene().s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const here = async () =>
  ((await scene().s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key);

it("copies everything with all that belongs to it, on both backends, and equal contents once", async () => {
  const given = { ContentType: "image/png", ContentDisposition: 'attachment; filename="u"', Metadata: { who: "köln" } };
  const bytes = randomBytes(300_000);
  await scene().store("twins/one", bytes, { ...given, Tagging: "a=b" });
  await scene().store("twins/two", bytes);
  await scene().store("empty", "");
  for (const key of ["a//b", "..", "ü/ €", "%2F", "\u{10FFFF}", "k".repeat(1000)]) await scene().store(key, key);
  const large = { Bucket: "old", Key: "in parts", Body: randomBytes(10 * MIB + 1) };
  await new Upload({ client: scene().old.s3, params: large, partSize: 5 * MIB }).done();
  expect(await scene().import("--dry-run")).toMatchObject({ code: 0, listed: 10, imported: 10, skipped: {} });
  expect(await here()).toEqual([]);
  expect(await scene().import()).toMatchObject({
    code: 0,
    listed: 10,
    imported: 10,
    known: 0,
    skipped: {},
    finished: false,
  });
  expect(await scene().import()).toMatchObject({ code: 0, imported: 0, known: 10 });
  expect(await scene().import("--finish")).toMatchObject({ code: 0, imported: 0, known: 10, finished: true });
  scene().proxy.script({ method: "GET" }, { do: "status", status: 500 });
  scene().proxy.script({ method: "HEAD" }, { do: "status", status: 500 });
  const { objects, takeovers } = scene().gateway.gateway.metadata;
  expect(await takeovers.list()).toEqual([]);
  for (const Key of await here()) {
    const [old, now] = await Promise.all(
      [
        { client: scene().old.s3, Bucket: "old" },
        { client: scene().s3, Bucket },
      ].map(({ client, ...at }) => client.send(new HeadObjectCommand({ ...at, Key: Key ?? "" }))),
    );
    for (const name of ["ETag", "ContentLength", "LastModified", "Metadata", ...Object.keys(given)])
      expect(now?.[name as "ETag"], `${name} of ${Key}`).toEqual(old?.[name as "ETag"]);
    const { found } = await objects.find(Bucket, Key ?? "");
    expect(
      found?.blob.replicas.map(({ state }) => state),
      Key,
    ).toEqual(["verified", "verified"]);
  }
  expect(await here()).toHaveLength(10);
  const [one, two] = await Promise.all(["twins/one", "twins/two"].map((key) => objects.find(Bucket, key)));
  expect(one?.found?.blob.id).toBe(two?.found?.blob.id);
  const { TagSet } = await scene().s3.send(new GetObjectTaggingCommand({ Bucket, Key: "twins/one" }));
  expect(TagSet).toEqual([{ Key: "a", Value: "b" }]);
  expect(
    createHash("md5")
      .update(await scene().read("in parts"), "latin1")
      .digest("hex"),
  ).toBe(createHash("md5").update(large.Body).digest("hex"));
});

it("follows what old clients overwrite, and leaves what new clients changed", async () => {
  for (const key of ["overwritten there", "both", "tagged here", "deleted here", "deleted there"])
    await scene().store(key, "first");
  await scene().import();
  await put("both", "ours");
  await scene().s3.send(
    new PutObjectTaggingCommand({ Bucket, Key: "tagged here", Tagging: { TagSet: [{ Key: "x", Value: "y" }] } }),
  );
  await scene().s3.send(new DeleteObjectCommand({ Bucket, Key: "deleted here" }));
  scene().old.clock.advance(2000);
  for (const key of ["overwritten there", "both", "tagged here", "deleted here", "new there"])
    await scene().store(key, "second");
  await scene().old.s3.send(new DeleteObjectCommand({ Bucket: "old", Key: "deleted there" }));
  expect(await scene().import()).toMatchObject({ code: 0, imported: 2, known: 0, skipped: { exists: 2, deleted: 1 } });
  expect(await scene().read("overwritten there")).toBe("second");
  expect(await scene().read("new there")).toBe("second");
  expect(await scene().read("both")).toBe("ours");
  expect(await scene().read("tagged here")).toBe("first");
  expect(await here()).toEqual(["both", "deleted there", "new there", "overwritten there", "tagged here"]);
});

it("goes on after it was killed in the middle, and leaves nothing behind", async () => {
  for (let at = 0; at < 60; at += 1) await scene().store(`many/${at + 100}`, randomBytes(100));
  const large = { Bucket: "old", Key: "many/parts", Body: randomBytes(11 * MIB) };
  await new Upload({ client: scene().old.s3, params: large, partSize: 5 * MIB }).done();
  const held = scene().proxy.script({ method: "GET", key: /^many\/parts$/ }, { do: "hold-rest", after: MIB });
  const words = ["import", "old/old", "--to", Bucket, "--config", `${scene().old.directory}/nearbucket.yaml`];
  const running = spawn(process.execPath, [MAIN, ...words], { stdio: "ignore" });
  const ended = once(running, "exit");
  await held.met;
  await vi.waitFor(async () => expect((await scene().gateway.gateway.metadata.takeovers.list()).length).toBe(1));
  running.kill("SIGKILL");
  expect(await ended).toEqual([null, "SIGKILL"]);
  scene().proxy.reset();
  const second = await scene().import("--finish");
  expect(second).toMatchObject({ code: 0, listed: 61, finished: true });
  expect(Number(second["known"]) + Number(second["imported"])).toBe(61);
  expect(await here()).toHaveLength(61);
});

it("waits for an old service that is away for a moment", async () => {
  await scene().store("one", "1");
  const away = scene().proxy.script({ method: "HEAD" }, { do: "status", status: 503 });
  const importing = scene().import();
  await away.met;
  away.remove();
  expect(await importing).toMatchObject({ code: 0, imported: 1 });
});

it("waits for it in the midst of its listing too", async () => {
  for (let at = 0; at < 1001; at += 1) await scene().store(`the ${at}th`, "the same");
  // Each refuses one. Two listings are read, and a request is sent twice before it has failed.
  for (let at = 0; at < 6; at += 1)
    scene().proxy.script({ method: "GET", query: "start-after", nth: 1 }, { do: "status", status: 503 });
  expect(await scene().import()).toMatchObject({ code: 0, listed: 1001, imported: 1001 });
});

it("keeps its word on what is left out, and ends when it is told to", async () => {
  for (const key of ["one", "two"]) await scene().store(key, key);
  scene().proxy.script({ method: "HEAD", key: /^two$/ }, { do: "status", status: 403 });
  const left = { code: 1, imported: 1, skipped: { refused: 1 }, examples: [{ key: "two", reason: "refused" }] };
  expect(await scene().import("--finish")).toMatchObject({ ...left, finished: false });
  await expect(scene().read("two")).rejects.toMatchObject({ name: "AccessDenied" });
  expect(await scene().import("--stop")).toMatchObject({ code: 0, stopped: true });
  await expect(scene().read("two")).rejects.toMatchObject({ name: "NoSuchKey" });
  expect(await here()).toEqual(["one"]);
});

it("is told by buckets, status, doctor and export", async () => {
  await scene().store("there", "old");
  await scene().takeOver();
  const say = async (...words: string[]) => {
    const { out } = await runCommand([...words, "--config", `${scene().old.directory}/nearbucket.yaml`]);
    return out.replace(/\s+/g, " ");
  };
  const { url, accessKeyId, secretAccessKey } = scene().gateway;
  const { out } = await runCommand(["buckets", "show", Bucket, "--endpoint", url], {
    env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  });
  expect(out).toMatch(/^takes over +old\/old: what it lacks is read there$/m);
  expect(await say("status")).toContain("photos takes over old/old: what it lacks is read there.");
  expect(await say("doctor")).toContain("reads what it lacks in old/old, until: nearbucket import old/old --to photos");
  const exported = await say("export", "--to", `${scene().old.directory}/way-out`);
  expect(exported).toContain("0 objects copied");
  expect(exported).toContain("! photos takes over old/old: what has not come from there is not exported");
  scene().proxy.script({ method: "GET" }, { do: "status", status: 403 });
  expect(await say("doctor")).toContain("takes over old/old, which cannot be read");
});

it("refuses what it cannot do, and begins nothing", async () => {
  const words = async (...more: string[]) => (await scene().import(...more))["err"];
  expect(await words("--finish", "--prefix", "a")).toContain("--finish is for the whole bucket");
  scene().proxy.script({ method: "GET" }, { do: "status", status: 403 });
  expect((await scene().import())["code"]).toBe(1);
  expect(await scene().gateway.gateway.metadata.takeovers.list()).toEqual([]);
  scene().proxy.reset();
  await scene().takeOver({ service: "old", bucket: "another" });
  expect(await words()).toContain("takes over old/another: end that first");
});

it("ends a takeover only when that one is named, and nothing else is asked for", async () => {
  await scene().takeOver({ service: "old", bucket: "another" });
  expect(await scene().import("--stop")).toMatchObject({
    code: 1,
    err: expect.stringContaining("over old/another: name"),
  });
  await scene().takeOver();
  for (const more of [["--dry-run"], ["--finish"], ["--prefix", "a"]])
    expect(await scene().import("--stop", ...more)).toMatchObject({ code: 1, err: expect.stringContaining("at once") });
  expect(await scene().gateway.gateway.metadata.takeovers.list()).toHaveLength(1);
});

it("loses and mixes nothing while old and new clients go on", async () => {
  const keys = Array.from({ length: 40 }, (_, at) => `busy/${at}`);
  for (const key of keys) await scene().store(key, `old ${key}`);
  const last = new Map<string, string | undefined>();
  let isOver = false;
  const writer = async () => {
    for (let at = 0; !isOver || at < keys.length; at += 3) {
      const key = keys[(at * 7) % keys.length] ?? "";
      if (at % 2 === 0) {
        await put(key, `new ${at}`);
        last.set(key, `new ${at}`);
      } else {
        await scene().s3.send(new DeleteObjectCommand({ Bucket, Key: key }));
        last.set(key, undefined);
      }
    }
  };
  const reader = async () => {
    for (let at = 0; !isOver; at += 1) {
      const key = keys[at % keys.length] ?? "";
      const text = await scene()
        .read(key)
        .catch((error: Error) => error.name);
      expect(text === "NoSuchKey" || text === `old ${key}` || text.startsWith("new ")).toBe(true);
    }
  };
  // What was deleted before that was no object of the bucket.
  await scene().takeOver();
  const busy = Promise.all([writer(), reader(), reader()]);
  const report = await scene().import();
  isOver = true;
  await busy;
  expect(report).toMatchObject({ code: 0, listed: 40 });
  expect(await scene().import("--finish")).toMatchObject({ code: 0, finished: true });
  for (const key of keys) {
    const text = await scene()
      .read(key)
      .catch((error: Error) => error.name);
    expect(text, key).toBe(last.has(key) ? (last.get(key) ?? "NoSuchKey") : `old ${key}`);
  }
});

it("goes on when a client aborts the upload by which an object comes", async () => {
  const params = { Bucket: "old", Key: "parts", Body: randomBytes(11 * MIB) };
  await new Upload({ client: scene().old.s3, params, partSize: 5 * MIB }).done();
  const held = scene().proxy.script({ method: "GET", key: /^parts$/ }, { do: "hold-rest", after: MIB });
  const importing = scene().import();
  await held.met;
  const { Uploads = [] } = await scene().s3.send(new ListMultipartUploadsCommand({ Bucket }));
  expect(Uploads.map(({ Key }) => Key)).toEqual(["parts"]);
  const [{ UploadId } = {}] = Uploads;
  await scene().s3.send(new AbortMultipartUploadCommand({ Bucket, Key: "parts", UploadId }));
  held.release();
  expect(await importing).toMatchObject({ code: 0, imported: 1, skipped: {} });
});

it("takes the md5 of the bytes as ETag where the old one is none, and brings them once", async () => {
  const told = { body: Buffer.from("bytes"), etag: `"${"0".repeat(32)}"` };
  const server = http.createServer((request, response) => {
    const headers = { etag: told.etag, "last-modified": "Fri, 27 Nov 2026 10:00:00 GMT" };
    if (request.url?.includes("list-type=2")) {
      const xml =
        "<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount><EncodingType>url</EncodingType>" +
        `<Contents><Key>odd</Key><Size>${told.body.length}</Size><ETag>${told.etag}</ETag>` +
        "<LastModified>2026-11-27T10:00:00.000Z</LastModified></Contents></ListBucketResult>";
      response.writeHead(200, { "content-type": "application/xml" }).end(xml);
    } else response.writeHead(200, { ...headers, "content-length": told.body.length }).end(told.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const source = { name: "old", endpoint: `http://127.0.0.1:${port}`, accessKeyId: "A", secretAccessKey: "B" };
  await using odd = await openTakeoverScene({ sources: [source] });
  try {
    expect(await odd.import()).toMatchObject({ code: 0, imported: 1, skipped: {} });
    const { ETag } = await odd.s3.send(new HeadObjectCommand({ Bucket, Key: "odd" }));
    expect(ETag).toBe(`"${createHash("md5").update(told.body).digest("hex")}"`);
    expect(await odd.read("odd")).toBe("bytes");
    // The ETag that it had there tells that it is the same: it does not come a second time.
    expect(await odd.import()).toMatchObject({ code: 0, imported: 0, known: 1 });
    const newer = { ...told, etag: `"${"1".repeat(32)}"` };
    Object.assign(told, newer, { body: Buffer.from("others") });
    expect(await odd.import()).toMatchObject({ code: 0, imported: 1, known: 0 });
    expect(await odd.read("odd")).toBe("others");
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
