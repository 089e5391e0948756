/**
 * Gives every request an id and, when it is over, one access line. No query string is logged: it may hold a signature.
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { Context, Middleware } from "koa";
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
  /** The error code of a caller that could not be authenticated. */
  readonly authenticationFailure: string | undefined;
  /** On the wire, head included. */
  readonly bytesIn: number;
  /** Asked of what stands under `/-/`, and not of S3. */
  readonly isOwn: boolean;
}

const AGENT_LIMIT = 256;

/** The client left before a reply began. No client sees this status; access logs of other servers use it too. */
const CLIENT_LEFT = 499;

/** Bytes a connection had moved when its last request was over. */
const moved = new WeakMap<Socket, { in: number; out: number }>();

/** `observe` is told of every request when its reply has gone out. */
export function requestLog(log: Log, observe: (end: RequestEnd) => void): Middleware {
  return (ctx, next) => {
    const started = performance.now();
    ctx.state["requestId"] = nextRequestId();
    const { res } = ctx;
    res.once("close", () => {
      const ms = performance.now() - started;
      const { operation = "-", phase, code } = ctx.state as { operation?: string; phase?: string; code?: string };
      // Until a reply begins, Koa's 404 stands there.
      const status = res.headersSent ? res.statusCode : CLIENT_LEFT;
      const authenticationFailure = phase === "authentication" && status < 500 ? code : undefined;
      const bytes = bytesOf(ctx.req.socket);
      const isOwn = ctx.state["isOwn"] === true;
      observe({ operation, status, seconds: ms / 1000, authenticationFailure, bytesIn: bytes.bytesIn, isOwn });
      const line = accessLine(ctx, operation, status, ms, bytes);
      if (status < 500) log.info(line, "request");
      else log.warn(line, "request");
    });
    return next();
  };
}

interface Moved {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What is undefined is left out. */
function accessLine(ctx: Context, operation: string, status: number, ms: number, { bytesIn, bytesOut }: Moved) {
  const { req, res, state, method } = ctx;
  return {
    requestId: state["requestId"],
    method,
    path: pathOf(req.url ?? ""),
    operation,
    status,
    code: state["code"],
    reason: state["reason"],
    ms: Math.round(ms * 1000) / 1000,
    client: state["client"],
    account: state["account"],
    key: state["accessKeyId"],
    bytesIn,
    bytesOut,
    agent: req.headers["user-agent"]?.slice(0, AGENT_LIMIT),
    rule: state["served"]?.rule,
    backend: state["served"]?.backend,
    cut: res.writableFinished ? undefined : true,
  };
}

/** On the wire, heads included, since the last request on this connection was over. */
function bytesOf(socket: Socket): Moved {
  const before = moved.get(socket) ?? { in: 0, out: 0 };
  const now = { in: socket.bytesRead, out: socket.bytesWritten };
  moved.set(socket, now);
  return { bytesIn: now.in - before.in, bytesOut: now.out - before.out };
}

/** A request target without its query. As it was sent: a parser may throw for what is no URL. */
export function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
