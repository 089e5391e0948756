/** What operators and load balancers ask, under `/-/`: no bucket name can start with "-". */
import Router from "@koa/router";

export interface Health {
  /** Can this gateway serve? Throws when the database cannot answer. */
  readonly ready: () => Promise<{
    readonly reads: boolean;
    readonly writes: boolean;
    readonly backends: Readonly<Record<string, "up" | "down">>;
  }>;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export function healthRoutes(health: Health): Router {
  const router = new Router();
  router.get("/-/health", (ctx) => {
    ctx.body = { status: "ok" };
  });
  router.get("/-/ready", async (ctx) => {
    const state = await health.ready();
    ctx.status = state.reads ? 200 : 503;
    ctx.body = state;
  });
  router.get("/-/metrics", async (ctx) => {
    const { contentType, text } = await health.metrics();
    ctx.type = contentType;
    ctx.body = text;
  });
  return router;
}
