/**
 * Large objects to and from an S3 endpoint by presigned URLs, on node:http. The content is generated while it is sent
 * and checked by its digest.
 */
import { createHash, randomBytes } from "node:crypto";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { type Side, target } from "./stage.ts";

export const MIB = 1024 * 1024;

/** The bytes of an object: blocks of 1 MiB, all alike but for a stamp of 32 bytes at the head of each. */
export interface Content {
  readonly name: string;
  /** In MiB. */
  readonly blocks: number;
}

const BLOCK = randomBytes(MIB);
const STAMP = 32;

/** One PUT. */
export async function put(side: Side, key: string, content: Content): Promise<void> {
  await send(side.url, target(side, "PUT", key), "PUT", content, 0, content.blocks);
}

/** A multipart upload, some parts at a time. */
export async function putInParts(
  side: Side,
  key: string,
  content: Content,
  partBlocks: number,
  atOnce: number,
): Promise<void> {
  const begun = await say(side.url, target(side, "POST", key, { uploads: "" }), "");
  const uploadId = /<UploadId>([^<]+)</.exec(begun)?.[1] ?? "";
  const count = Math.ceil(content.blocks / partBlocks);
  const etags: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      const path = target(side, "PUT", key, { partNumber: `${index + 1}`, uploadId });
      const reply = await send(
        side.url,
        path,
        "PUT",
        content,
        index * partBlocks,
        Math.min(content.blocks, (index + 1) * partBlocks),
      );
      etags[index] = reply.headers.etag ?? "";
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
  const said = await say(
    side.url,
    target(side, "POST", key, { uploadId }),
    `<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`,
  );
  if (!said.includes("<CompleteMultipartUploadResult")) throw new Error(`${key} was not completed: ${said}`);
}

/** Reads an object to its end, following a redirect, and counts its bytes. */
export async function get(url: string, look: (chunk: Buffer) => void = () => {}): Promise<number> {
  const reply = await answered(request(url, { agent: false }).end());
  if (reply.headers.location !== undefined) {
    reply.resume();
    return get(reply.headers.location, look);
  }
  if (reply.statusCode !== 200) throw new Error(`${url} answered ${reply.statusCode}: ${await textOf(reply)}`);
  let bytes = 0;
  reply.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    look(chunk);
  });
  await ended(reply);
  return bytes;
}

const digests = new Map<string, string>();

/** Throws unless the object is the content, byte for byte. */
export async function checkContent(url: string, content: Content): Promise<void> {
  const expected = digests.get(content.name) ?? digestOf(content);
  digests.set(content.name, expected);
  const found = createHash("sha256");
  await get(url, (chunk) => found.update(chunk));
  if (found.digest("hex") !== expected) throw new Error(`${url} is not what was written`);
}

function digestOf(content: Content): string {
  const digest = createHash("sha256");
  for (let block = 0; block < content.blocks; block++)
    digest.update(stamp(content, block)).update(BLOCK.subarray(STAMP));
  return digest.digest("hex");
}

async function send(
  origin: string,
  path: string,
  method: string,
  content: Content,
  first: number,
  end: number,
): Promise<IncomingMessage> {
  const client = request(origin + path, { method, agent: false, headers: { "content-length": (end - first) * MIB } });
  const reply = answered(client);
  for (let block = first; block < end; block++) {
    client.cork();
    client.write(stamp(content, block));
    const more = client.write(BLOCK.subarray(STAMP));
    client.uncork();
    if (!more) await Promise.race([new Promise<void>((resolve) => client.once("drain", resolve)), reply]);
  }
  client.end();
  const { statusCode } = await reply;
  const text = await textOf(await reply);
  if (statusCode !== 200) throw new Error(`${method} ${path} was answered with ${statusCode}: ${text}`);
  return reply;
}

async function say(origin: string, path: string, text: string): Promise<string> {
  const client = request(origin + path, {
    method: "POST",
    agent: false,
    headers: { "content-length": Buffer.byteLength(text) },
  });
  const reply = await answered(client.end(text));
  const said = await textOf(reply);
  if (reply.statusCode !== 200) throw new Error(`POST ${path} was answered with ${reply.statusCode}: ${said}`);
  return said;
}

function stamp({ name }: Content, block: number): Buffer {
  return Buffer.from(`${name}:${block}`.padEnd(STAMP).slice(0, STAMP));
}

function answered(client: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => client.once("response", resolve).once("error", reject));
}

function ended(reply: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => reply.once("end", resolve).once("error", reject));
}

async function textOf(reply: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of reply.setEncoding("utf8")) text += chunk;
  return text;
}
