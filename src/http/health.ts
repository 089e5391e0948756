/**
 * What load balancers and operators ask, under `/-/`: no bucket name can start with "-". Everybody hears whether the
 * gateway is ready; only operators hear why, and what it counts.
 */
import Router from "@koa/router";
import type { Context, Middleware } from "koa";
import type { LiveStatus } from "../admin/live-status.ts";
import type { Readiness } from "../admin/readiness.ts";
import { S3Error } from "../errors.ts";

const UNKNOWN_HOST =
  "The gateway does not know itself by this name: ask by its IP address, or tell the name in publicUrl or domains.";

export interface Health {
  /** From memory. */
  readonly ready: () => Readiness;
  /** From memory. */
  readonly status: () => LiveStatus;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/**
 * Answers every request it is given: a path that is none of these with 404, and operators hear which there are. An
 * operator asks by a host that is known: its browser can be made to ask by others.
 */
export function healthRoutes(
  health: Health,
  isFromOperator: (ctx: Context) => boolean,
  isKnownHost: (host: string | undefined) => boolean,
): Middleware {
  const isOperator = (ctx: Context) => isFromOperator(ctx) && isKnownHost(ctx.req.headers.host);
  const checkOperator = (ctx: Context) => {
    if (!isFromOperator(ctx)) throw new S3Error("AccessDenied");
    if (!isKnownHost(ctx.req.headers.host)) throw new S3Error("AccessDenied", { message: UNKNOWN_HOST });
  };
  const router = new Router();
  router.get("/-/health", (ctx) => {
    ctx.body = { status: "ok" };
  });
  router.get("/-/ready", (ctx) => {
    const state = health.ready();
    const ready = state.reads && !state.stopping;
    ctx.status = ready ? 200 : 503;
    ctx.body = isOperator(ctx) ? state : { ready };
  });
  router.get("/-/status", (ctx) => {
    checkOperator(ctx);
    ctx.body = health.status();
  });
  router.get("/-/metrics", async (ctx) => {
    checkOperator(ctx);
    const { contentType, text } = await health.metrics();
    ctx.type = contentType;
    ctx.body = text;
  });
  const routes = router.routes();
  const paths = router.stack.map(({ path }) => path);
  return (ctx) =>
    routes(ctx as Parameters<typeof routes>[0], async () => {
      ctx.status = 404;
      ctx.body = isOperator(ctx) ? { error: "not found", paths } : "";
    });
}
