/**
 * Gives every request an id and, when it is over, one access line. No query string is logged: it may hold a signature.
 */
import { randomBytes } from "node:crypto";
import type { Middleware } from "koa";
import type { Log } from "../log.ts";

const START = randomBytes(5).toString("hex").toUpperCase();
let count = 0;

function nextRequestId(): string {
  count = (count + 1) % 0xffffff;
  return START + count.toString(16).toUpperCase().padStart(6, "0");
}

export interface RequestEnd {
  readonly operation: string;
  readonly status: number;
  readonly seconds: number;
}

/** `observe` is told of every request when its reply has gone out. */
export function requestLog(log: Log, observe: (end: RequestEnd) => void): Middleware {
  return (ctx, next) => {
    const started = performance.now();
    const requestId = nextRequestId();
    ctx.state["requestId"] = requestId;
    const { res } = ctx;
    res.once("close", () => {
      const ms = performance.now() - started;
      const operation = String(ctx.state["operation"] ?? "-");
      observe({ operation, status: res.statusCode, seconds: ms / 1000 });
      const whole = res.writableFinished;
      log.info(
        {
          requestId,
          method: ctx.method,
          path: pathOf(ctx.req.url ?? ""),
          operation,
          status: res.statusCode,
          ms: Math.round(ms * 1000) / 1000,
          client: ctx.state["client"],
          key: ctx.state["accessKeyId"],
          ...(whole ? {} : { cut: true }),
        },
        "request",
      );
    });
    return next();
  };
}

function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
