/** The Koa app: the middleware, in order, as one list. */
import Koa, { type Context, type Middleware } from "koa";
import { auditLog, type Log } from "../log.ts";
import { type DispatchOptions, dispatch } from "./dispatch.ts";
import { errorReply } from "./error-reply.ts";
import { type Health, healthRoutes } from "./health.ts";
import { type RequestEnd, requestLog } from "./request-log.ts";

export interface AppOptions extends Omit<DispatchOptions, "logOf" | "audit"> {
  readonly health: Health;
  readonly log: Log;
  readonly observe: (end: RequestEnd) => void;
}

export function createApp(options: AppOptions): Koa {
  const logOf = (ctx: Context) => options.log.child({ requestId: ctx.state["requestId"] });
  const app = new Koa();
  const own = healthRoutes(options.health).routes();
  const s3 = dispatch({ ...options, logOf, audit: auditLog(options.log) });
  app.use(requestLog(options.log, options.observe));
  app.use(errorReply(logOf));
  app.use(split(own, s3));
  // Koa's own listener prints to the console what error-reply already logged.
  app.on("error", (error: unknown) => options.log.error({ err: error }, "outside a request"));
  return app;
}

/** `/-/...` is ours; everything else is S3's and keeps its raw path. */
function split(own: ReturnType<ReturnType<typeof healthRoutes>["routes"]>, s3: Middleware): Middleware {
  return (ctx, next) =>
    (ctx.req.url ?? "").startsWith("/-/") ? own(ctx as Parameters<typeof own>[0], next) : s3(ctx, next);
}
