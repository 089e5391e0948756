/**
 * Reply -> node's response. Bodies of known size in one write; streams with back pressure, destroyed when either side
 * goes.
 */
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Context } from "koa";
import type { ReadyReply, Reply, SlowReply } from "../operations/operation.ts";
import { renderXml } from "../protocol/xml.ts";
import { awaitDocument } from "./keep-waiting.ts";
import { closeAfterReply } from "./server.ts";

export function isSlow(reply: Reply): reply is SlowReply {
  return reply.body instanceof Promise;
}

/** Rejects as the document's promise does. */
export async function sendWhenMade(ctx: Context, { body, ...head }: SlowReply): Promise<void> {
  const begin = () => {
    ctx.respond = false;
    ctx.res.writeHead(200, [...headersOf(ctx, head), "Content-Type", "application/xml"]);
  };
  const made = await awaitDocument(ctx, body, begin);
  if (made !== undefined) sendReply(ctx, { ...head, body: made });
}

export function sendReply(ctx: Context, reply: ReadyReply): void {
  const { req, res } = ctx;
  const { body } = reply;
  const status = reply.status ?? 200;
  const isHead = ctx.method === "HEAD";
  const bytes =
    body === undefined || body instanceof Readable || Buffer.isBuffer(body) ? body : Buffer.from(renderXml(body));
  const headers = headersOf(ctx, reply);
  if (bytes !== undefined && bytes !== body) headers.push("Content-Type", "application/xml");
  if (reply.headers?.["Content-Length"] !== undefined) {
    // Said already, as by every read of an object.
  } else if (Buffer.isBuffer(bytes)) headers.push("Content-Length", String(bytes.length));
  else if (bytes === undefined && !isHead && status !== 204 && status !== 304) headers.push("Content-Length", "0");
  // The client still has body bytes to send that nobody will read: the next request on this connection could not be
  // told from them.
  if (!req.complete) headers.push(...closeAfterReply(req));
  ctx.respond = false;
  // A flat list goes out as it is; headers set one by one are checked, kept and copied first.
  res.writeHead(status, headers);
  if (bytes instanceof Readable) stream(ctx, bytes);
  else if (isHead || bytes === undefined) res.end();
  else if (bytes.length <= ONE_WRITE_BYTES) endInOneWrite(res, bytes);
  else res.end(bytes);
}

/**
 * As text, a body leaves in one piece with the headers: one plain write is half the cost of a gathered one. `end` would
 * gather, since it puts an empty piece behind the body that it is given.
 */
function endInOneWrite(res: ServerResponse, bytes: Buffer): void {
  res.cork();
  res.write(bytes.toString("latin1"), "latin1");
  res.uncork();
  res.end();
}

function headersOf({ state }: Context, reply: Pick<Reply, "headers">): string[] {
  const requestId = String(state["requestId"]);
  const headers = ["x-amz-request-id", requestId, "x-amz-id-2", requestId, "Server", "nearbucket"];
  for (const name in reply.headers) {
    const value = reply.headers[name];
    if (value !== undefined) headers.push(name, headerText(value));
  }
  // An origin goes back as it came: node reads headers as the characters that it writes.
  for (const name in state["cors"]) headers.push(name, state["cors"][name]);
  return headers;
}

const ONE_WRITE_BYTES = 16 * 1024;

function stream(ctx: Context, body: Readable): void {
  const { res } = ctx;
  // A cut body must look cut: the connection ends before Content-Length is reached.
  body.on("error", () => res.destroy());
  res.on("close", () => body.destroy());
  body.pipe(res);
}

const LATIN1_ONLY = /^[\t\x20-\x7e]*$/;

/**
 * Header values beyond ASCII go out as the bytes of their UTF-8 form, as S3 does; node wants those bytes as latin1
 * characters.
 */
function headerText(value: string): string {
  return LATIN1_ONLY.test(value) ? value : Buffer.from(value, "utf8").toString("latin1");
}
