/** Reply -> node's response. Bodies of known size in one write; streams with back pressure, destroyed when either side goes. */
import { Readable } from "node:stream";
import type { Context } from "koa";
import type { Reply } from "../operations/operation.ts";
import { renderXml } from "../protocol/xml.ts";
import { closeAfterReply } from "./server.ts";

export function replyOf(ctx: Context, reply: Reply): void {
  const { req, res } = ctx;
  const { body } = reply;
  // The client still has body bytes to send that nobody will read: the next request on this connection could not be told from them.
  if (!req.complete) closeAfterReply(req, res);
  res.statusCode = reply.status ?? 200;
  for (const name in reply.headers) {
    const value = reply.headers[name];
    if (value !== undefined) res.setHeader(name, headerText(value));
  }
  ctx.respond = false;
  if (body instanceof Readable) {
    stream(ctx, body);
    return;
  }
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(renderXml(body));
  if (bytes !== undefined) {
    if (!Buffer.isBuffer(body)) res.setHeader("Content-Type", "application/xml");
    res.setHeader("Content-Length", bytes.length);
  } else if (ctx.method !== "HEAD" && res.statusCode !== 204 && res.statusCode !== 304) res.setHeader("Content-Length", 0);
  if (ctx.method === "HEAD" || bytes === undefined) res.end();
  // As text it leaves in one piece with the headers: one plain write is half the cost of a gathered one.
  else if (bytes.length <= ONE_WRITE_BYTES) res.end(bytes.toString("latin1"), "latin1");
  else res.end(bytes);
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

/** Header values beyond ASCII go out as the bytes of their UTF-8 form, as S3 does; node wants those bytes as latin1 characters. */
function headerText(value: string): string {
  return LATIN1_ONLY.test(value) ? value : Buffer.from(value, "utf8").toString("latin1");
}
