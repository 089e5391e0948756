/** The Koa apps: the middleware, in order, as one list each. */
import Koa, { type Context, type Middleware } from "koa";
import type { Log } from "../log.ts";
import type { Client } from "../model.ts";
import { isVirtualHost } from "../protocol/address.ts";
import { readRawHeaders } from "../protocol/raw-headers.ts";
import { type ApiOptions, api } from "./api.ts";
import { type ConsoleOptions, consolePages, redirectToConsole, wantsConsole } from "./console.ts";
import { type CorsOptions, cors } from "./cors.ts";
import { type DispatchOptions, dispatch } from "./dispatch.ts";
import { errorReply } from "./error-reply.ts";
import { type Health, healthRoutes } from "./health.ts";
import { type HostNames, knownHosts } from "./known-host.ts";
import { peerOf } from "./proxy-protocol.ts";
import { type RequestEnd, requestLog } from "./request-log.ts";
import type { UnderWay } from "./under-way.ts";

interface CommonOptions {
  readonly health: Health;
  readonly hosts: HostNames;
  readonly log: Log;
  readonly observe: (end: RequestEnd) => void;
}

export interface AppOptions extends Omit<DispatchOptions, "logOf">, CommonOptions, ConsoleOptions {
  readonly corsRules: CorsOptions["corsRules"];
  /** Who hears more than yes or no under `/-/`. */
  readonly isOperator: (client: Client) => boolean;
  /** For whom there are an API and a console; undefined: for everybody. */
  readonly mayAskApi: ((client: Client) => boolean) | undefined;
  readonly hasConsole: boolean;
  /** Is told of each S3 request. */
  readonly underWay: UnderWay;
  readonly api: Pick<ApiOptions, "operations" | "services">;
}

export function createApp(options: AppOptions): Koa {
  const { domains, readClient, isOperator, mayAskApi, hasConsole, underWay } = options;
  const clientOf = ({ req }: Context) => readClient(peerOf(req), readRawHeaders(req.rawHeaders));
  const own = healthRoutes(options.health, (ctx) => isOperator(clientOf(ctx)), knownHosts(options.hosts));
  const isLeftOut = (ctx: Context) => {
    if (mayAskApi === undefined) return false;
    const client = clientOf(ctx);
    ctx.state["client"] = client.address;
    return !mayAskApi(client);
  };
  const common = { ...options, logOf: logOf(options.log) };
  const pages = hasConsole ? consolePages(options) : none;
  const calls = api({ ...common, ...options.api });
  const s3 = dispatch(common);
  const { buckets } = options.services.metadata;
  const forPages = cors({ ...options, findBucket: (name) => buckets.find(name) });
  return appOf(options, (ctx, next) => {
    if (isOurs(ctx, domains)) {
      ctx.state["isOwn"] = true;
      // To others they are paths like any that do not exist.
      if (isLeftOut(ctx)) return own(ctx, next);
      return pages(ctx, () => calls(ctx, () => own(ctx, next)));
    }
    if (hasConsole && wantsConsole(ctx) && !namesBucket(ctx, domains) && !isLeftOut(ctx)) return redirectToConsole(ctx);
    underWay.begin(ctx.res);
    return forPages(ctx, () => s3(ctx, next));
  });
}

const none: Middleware = (_ctx, next) => next();

/** For a listener of its own: whoever reaches it is an operator. */
export function createAdminApp(options: CommonOptions): Koa {
  const own = healthRoutes(options.health, () => true, knownHosts(options.hosts));
  return appOf(options, (ctx, next) => {
    ctx.state["isOwn"] = true;
    return own(ctx, next);
  });
}

function appOf(options: CommonOptions, last: Middleware): Koa {
  const app = new Koa();
  app.use(requestLog(options.log, options.observe));
  app.use(errorReply(logOf(options.log)));
  app.use(last);
  // Koa's own listener prints to the console what error-reply already logged.
  app.on("error", (error: unknown) => {
    // The request's own line says that its client left.
    if (hasLeft(error)) options.log.debug({ err: error }, "a client left");
    else options.log.error({ err: error }, "outside a request");
  });
  return app;
}

function hasLeft(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function logOf(log: Log): (ctx: Context) => Log {
  return (ctx) => log.child({ requestId: ctx.state["requestId"] });
}

/** `/-/...` is ours, unless a bucket stands in the Host: there it is a key. All else keeps its raw path for S3. */
function isOurs(ctx: Context, domains: readonly string[]): boolean {
  return ctx.req.url?.startsWith("/-/") === true && !namesBucket(ctx, domains);
}

/** In its Host. */
function namesBucket({ req }: Context, domains: readonly string[]): boolean {
  return isVirtualHost(req.headers.host, domains);
}
