/**
 * What pages of other origins may see of S3's answers, errors included, and what browsers ask first (a preflight):
 * answered before any signature is read. A bucket that does not exist is one without rules, so that nobody learns here
 * which exist. A request without an Origin costs nothing.
 */
import type { Context, Middleware } from "koa";
import { type CorsRule, corsHeaders } from "../cors-rules.ts";
import { S3Error } from "../errors.ts";
import type { Bucket } from "../model.ts";
import { type Address, parseAddress } from "../protocol/address.ts";
import { sendReply } from "./send-reply.ts";

export interface CorsOptions {
  /** Host names whose sub-domains are buckets. */
  readonly domains: readonly string[];
  /** Cheap: from memory, or one row. */
  readonly findBucket: (name: string) => Promise<Pick<Bucket, "settings"> | undefined>;
  /** For buckets without rules of their own, and for what is no bucket. */
  readonly corsRules: readonly CorsRule[];
}

export function cors(options: CorsOptions): Middleware {
  return async (ctx, next) => {
    if (ctx.method === "OPTIONS") return answerPreflight(ctx, options);
    const origin = originOf(ctx);
    if (origin !== undefined) {
      const { [ASKED_METHOD]: method = ctx.method, [ASKED_HEADERS]: headers } = ctx.req.headers;
      const rules = await rulesAt(tryAddress(ctx, options), options);
      ctx.state["cors"] = corsHeaders(rules, { origin, method, headers });
    }
    return next();
  };
}

const ASKED_METHOD = "access-control-request-method";
const ASKED_HEADERS = "access-control-request-headers";

function originOf({ req }: Context): string | undefined {
  return req.headers.origin || undefined;
}

/** What dispatch will refuse names no bucket. */
function tryAddress(ctx: Context, options: CorsOptions): Address | undefined {
  try {
    return addressOf(ctx, options);
  } catch (error) {
    if (error instanceof S3Error) return undefined;
    throw error;
  }
}

function addressOf({ req }: Context, { domains }: CorsOptions): Address {
  return parseAddress(req.url ?? "/", req.headers.host, domains);
}

async function rulesAt(address: Address | undefined, options: CorsOptions): Promise<readonly CorsRule[]> {
  const bucket = address?.bucket === undefined ? undefined : await options.findBucket(address.bucket);
  return bucket?.settings.cors ?? options.corsRules;
}

/** Throws BadRequest, AccessForbidden. https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html */
async function answerPreflight(ctx: Context, options: CorsOptions): Promise<void> {
  ctx.state["operation"] = "Preflight";
  const address = addressOf(ctx, options);
  const origin = originOf(ctx);
  if (origin === undefined) throw badRequest("Insufficient information. Origin request header needed.");
  const { [ASKED_METHOD]: method, [ASKED_HEADERS]: headers } = ctx.req.headers;
  const rules = await rulesAt(address, options);
  if (rules.length === 0) throw forbidden("CORS is not enabled for this bucket.", method, "BUCKET");
  if (method === undefined) throw badRequest("Invalid Access-Control-Request-Method: null");
  const allowed = corsHeaders(rules, { origin, method, headers });
  if (allowed === undefined) throw forbidden(NOT_ALLOWED, method, address.key === undefined ? "BUCKET" : "OBJECT");
  ctx.state["cors"] = allowed;
  sendReply(ctx, {});
}

/** S3's own spelling. */
const NOT_ALLOWED =
  "This CORS request is not allowed. This is usually because the evalution of Origin, request method / " +
  "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

function badRequest(message: string): S3Error {
  return new S3Error("BadRequest", { message });
}

function forbidden(message: string, method = "OPTIONS", resource: "BUCKET" | "OBJECT"): S3Error {
  const elements = { Method: method, ResourceType: resource };
  return new S3Error("AccessForbidden", { message: `CORSResponse: ${message}`, elements });
}
