/**
 * The console: the built files of dist/console under `/-/`, and the way there for a browser that opens `/`. Its pages
 * run nothing but their own files and reach nothing but this gateway and the backends that it redirects to.
 */
import type { Context, Middleware } from "koa";
import { type ConsoleFile, consoleFiles } from "./console-files.ts";

export interface ConsoleOptions {
  /** Of backends that clients are redirected to. */
  readonly publicOrigins: () => readonly string[];
}

const HOME = "/-/";
const files = consoleFiles();

/** What is not the console's it leaves to `next`. Only for requests whose Host names no bucket. */
export function consolePages({ publicOrigins }: ConsoleOptions): Middleware {
  return async (ctx, next) => {
    const [path = ""] = (ctx.req.url ?? "").split("?", 1);
    if (!isRead(ctx) || !isConsole(path)) return next();
    const found = await files();
    if (found === undefined) return notBuilt(ctx);
    const isHome = path === HOME;
    const file = found.get(isHome ? "index.html" : path.slice(HOME.length));
    if (file === undefined) {
      ctx.status = 404;
      ctx.type = "text";
      ctx.body = "There is no such file of the console.\n";
      return;
    }
    ctx.set(headers(publicOrigins(), ctx.req.headers.host ?? ""));
    // A hashed name never means other bytes; the page that names them is asked for each time.
    ctx.set("Cache-Control", isHome ? "no-cache" : "public, max-age=31536000, immutable");
    reply(ctx, file);
  };
}

/** A person opened the gateway's address: no S3 client asks for a page, unsigned. */
export function wantsConsole(ctx: Context): boolean {
  const { url, headers } = ctx.req;
  if (url !== "/" || !isRead(ctx) || headers.authorization !== undefined) return false;
  return headers["sec-fetch-mode"] === "navigate" || (headers.accept ?? "").includes("text/html");
}

export function redirectToConsole(ctx: Context): void {
  ctx.set({ "Cache-Control": "no-store", Vary: "Accept, Authorization, Sec-Fetch-Mode" });
  ctx.redirect(HOME);
}

function isRead({ method }: Context): boolean {
  return method === "GET" || method === "HEAD";
}

function isConsole(path: string): boolean {
  return path === HOME || path.startsWith(`${HOME}assets/`);
}

function notBuilt(ctx: Context): void {
  ctx.status = 404;
  ctx.type = "text";
  ctx.body = "The console is not built: run `npm run build`.\n";
}

function reply(ctx: Context, { type, etag, plain, zipped }: ConsoleFile): void {
  ctx.status = 200;
  ctx.set({ "Content-Type": type, ETag: etag, Vary: "Accept-Encoding" });
  if (ctx.fresh) {
    ctx.status = 304;
    return;
  }
  const isZipped = zipped !== undefined && ctx.acceptsEncodings("gzip", "identity") === "gzip";
  if (isZipped) ctx.set("Content-Encoding", "gzip");
  ctx.body = isZipped ? zipped : plain;
}

function headers(origins: readonly string[], host: string): Record<string, string> {
  return {
    "Content-Security-Policy": contentPolicy(origins, host),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": NOTHING_PERMITTED,
  };
}

const NOTHING_PERMITTED = ["camera", "display-capture", "geolocation", "microphone", "payment", "usb"]
  .map((feature) => `${feature}=()`)
  .join(", ");

const PLAIN_HOST = /^[a-z\d.-]+(?::\d+)?$/i;

/** Objects are shown from this origin and from where the gateway redirects; nothing of theirs can run. */
function contentPolicy(origins: readonly string[], host: string): string {
  const from = ["'self'", ...origins].join(" ");
  // Objects have this origin too, and may be scripts: only the console's own files count. An address in brackets
  // cannot be said in a policy.
  const own = PLAIN_HOST.test(host) ? `${host}${HOME}assets/` : "'self'";
  return [
    "default-src 'none'",
    // The digests of uploads are computed in WebAssembly.
    `script-src ${own} 'wasm-unsafe-eval'`,
    "style-src 'self'",
    `img-src blob: ${from}`,
    `media-src blob: ${from}`,
    `connect-src ${from}`,
    `worker-src ${own}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}
