/**
 * Whatever was thrown becomes S3's `<Error>`: the one place that catches. What is refused by rule is told by the access
 * line alone; only what nobody foresaw is logged here, with its stack.
 */
import type { Context, Middleware } from "koa";
import { S3Error } from "../errors.ts";
import { type Log, reasonOf } from "../log.ts";
import { renderXml, type XmlDocument } from "../protocol/xml.ts";
import { endWaiting } from "./keep-waiting.ts";
import { pathOf } from "./request-log.ts";
import { sendReply } from "./send-reply.ts";

/** `log`: the logger of one request. */
export function errorReply(logOf: (ctx: Context) => Log): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (thrown) {
      const error = s3ErrorOf(thrown, ctx);
      ctx.state["code"] = error.code;
      if (error.code === "InternalError") logOf(ctx).error({ err: thrown }, "request failed");
      else if (error.status === 503) ctx.state["reason"] = reasonOf(error.cause);
      if (endWaiting(ctx.res, errorDocument(error, ctx))) return;
      // A body that was cut must never be taken for a whole one.
      if (ctx.res.headersSent) ctx.res.destroy();
      else sendReply(ctx, errorAnswer(error, ctx));
    }
  };
}

/** What nobody foresaw is an InternalError. */
export function s3ErrorOf(thrown: unknown, ctx: Context): S3Error {
  return thrown instanceof S3Error ? thrown : new S3Error(codeOf(thrown, ctx), {}, { cause: thrown });
}

/** Work that was given up because its client had left is nobody's fault. */
function codeOf(thrown: unknown, { res }: Context): "RequestTimeout" | "InternalError" {
  const isGivenUp = res.closed && thrown instanceof Error && thrown.name === "AbortError";
  return isGivenUp ? "RequestTimeout" : "InternalError";
}

/** What a refusal says besides its body. */
export function refusalHeaders({ status, headers = {} }: Refused): Readonly<Record<string, string>> {
  return status === 503 ? { "Retry-After": "5", ...headers } : headers;
}

interface Refused {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

function errorAnswer(error: S3Error, ctx: Context) {
  const headers = refusalHeaders(error);
  if (error.status === 304 || ctx.method === "HEAD") return { status: error.status, headers };
  return {
    status: error.status,
    headers: { ...headers, "Content-Type": "application/xml" },
    body: Buffer.from(renderXml(errorDocument(error, ctx))),
  };
}

function errorDocument(error: S3Error, ctx: Context): XmlDocument {
  const requestId = String(ctx.state["requestId"]);
  const content = {
    Code: error.code,
    Message: error.message,
    ...error.elements,
    Resource: pathOf(ctx.req.url ?? ""),
    RequestId: requestId,
    HostId: requestId,
  };
  return { root: "Error", content };
}
