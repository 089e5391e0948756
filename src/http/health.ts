/**
 * What load balancers and operators ask, under `/-/`: no bucket name can start with "-". Everybody hears whether the
 * gateway is ready; only operators hear why, and what it counts.
 */
import Router from "@koa/router";
import type { Context } from "koa";
import type { Readiness } from "../admin/readiness.ts";
import { S3Error } from "../errors.ts";

export interface Health {
  /** From memory. */
  readonly ready: () => Readiness;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export function healthRoutes(health: Health, isOperator: (ctx: Context) => boolean): Router {
  const router = new Router();
  router.get("/-/health", (ctx) => {
    ctx.body = { status: "ok" };
  });
  router.get("/-/ready", (ctx) => {
    const state = health.ready();
    ctx.status = state.reads ? 200 : 503;
    ctx.body = isOperator(ctx) ? state : { ready: state.reads };
  });
  router.get("/-/metrics", async (ctx) => {
    if (!isOperator(ctx)) throw new S3Error("AccessDenied");
    const { contentType, text } = await health.metrics();
    ctx.type = contentType;
    ctx.body = text;
  });
  return router;
}
