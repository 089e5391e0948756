/**
 * Koa context -> ApiCall -> ApiOperation -> JSON. The order is the safety: signature, rights, then the body, whole and
 * compared with its digest, then shapes. No cookie counts for anything, so another site's page can ask for nothing.
 */
import Router from "@koa/router";
import type { Context, Middleware } from "koa";
import type { Access, ApiCaller, ApiOperation } from "../api/api-operation.ts";
import { openApiDocument } from "../api/openapi.ts";
import { ApiError, checkShape, problemOf } from "../api/problems.ts";
import type { ApiServices } from "../api/services.ts";
import type { Authentication, Authenticator } from "../auth/authenticate.ts";
import { incomingBody } from "../auth/incoming-body.ts";
import { networksAllow } from "../auth/key-scope.ts";
import { S3Error } from "../errors.ts";
import { type Log, reasonOf } from "../log.ts";
import type { Account, Client, HeaderFields, Peer } from "../model.ts";
import type { Reply } from "../operations/operation.ts";
import { parseAddress } from "../protocol/address.ts";
import { readRawHeaders } from "../protocol/raw-headers.ts";
import { readBoundedJson } from "./bounded-json.ts";
import { refusalHeaders, s3ErrorOf } from "./error-reply.ts";
import { type Admission, Holding } from "./holding.ts";
import { peerOf } from "./proxy-protocol.ts";
import { readBounded } from "./read-bounded.ts";
import { sendReply } from "./send-reply.ts";
import { continuation } from "./server.ts";
import { whileConnected } from "./while-connected.ts";

export interface ApiOptions {
  readonly operations: Readonly<Record<string, ApiOperation>>;
  readonly services: ApiServices;
  readonly authenticator: Authenticator;
  readonly admission: Admission;
  readonly readClient: (peer: Peer, headers: HeaderFields) => Client;
  readonly logOf: (ctx: Context) => Log;
  /** Told of every call that may change something. */
  readonly audit: Log;
}

const BASE = "/-/api/v1";
const BODY_LIMIT = 1024 * 1024;
/** Said only to whoever has the key's secret. */
const NOT_FROM_HERE = "This access key is limited to some networks, and may not be used from this address";
/** Of a body that nobody has signed. */
const UNSIGNED_LIMIT = 4096;

/** Answers what stands under `/-/api/`; passes all else on. */
export function api(options: ApiOptions): Middleware {
  const { operations, services } = options;
  const router = new Router();
  const document = Buffer.from(JSON.stringify(openApiDocument(operations, services.facts.version)));
  router.get(`${BASE}/openapi.json`, async (ctx) => answerWith(ctx, 200, document, "application/json"));
  for (const [id, operation] of Object.entries(operations))
    router.register(`${BASE}${operation.path.replaceAll(/\{(\w+)\}/g, ":$1")}`, [operation.method], async (ctx) =>
      answer(ctx, id, operation, options, (ctx.params ?? {}) as Readonly<Record<string, string>>),
    );
  const routes = router.routes();
  return async (ctx, next) => {
    if (!ctx.path.startsWith("/-/api/")) return next();
    try {
      await routes(ctx as Parameters<typeof routes>[0], () => {
        const methods = router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods);
        if (methods.length === 0) throw new ApiError("NotFound");
        throw new ApiError("MethodNotAllowed", undefined, { headers: { Allow: [...new Set(methods)].join(", ") } });
      });
    } catch (thrown) {
      refuse(ctx, thrown, options);
    }
  };
}

async function answer(
  ctx: Context,
  id: string,
  operation: ApiOperation,
  options: ApiOptions,
  path: Readonly<Record<string, string>>,
): Promise<void> {
  const { req, state } = ctx;
  state["operation"] = id;
  const headers = readRawHeaders(req.rawHeaders);
  const client = options.readClient(peerOf(req), headers);
  state["client"] = client.address;
  const authentication = await authenticate(ctx, operation.access, headers, options);
  const caller = callerOf(authentication, client, options.services.facts.root);
  checkAccess(operation.access, caller);
  const holding = new Holding(options.admission, req, ctx.res, client.address);
  try {
    const body =
      operation.body && checkShape(operation.body, await readJson(ctx, authentication, headers, holding), "");
    const query = operation.query && checkShape(operation.query, Object.fromEntries(queryOf(ctx)), "");
    const requestId = String(state["requestId"]);
    const noted: Record<string, unknown> = {};
    const note = (facts: object) => void Object.assign(noted, facts);
    const signal = whileConnected(req, ctx.res);
    const call = { requestId, caller, path, query: query ?? {}, body, client, headers, signal, note };
    const made = await audited(options.audit, id, operation, { call, noted }, () =>
      // They have been checked to be what this operation takes; its row of the table does not say what that is.
      operation.handle(call as never, options.services),
    );
    if (operation.answer === undefined) sendReply(ctx, { status: 204, headers: { "Cache-Control": "no-store" } });
    else answerWith(ctx, operation.status ?? 200, Buffer.from(JSON.stringify(made)), "application/json");
  } finally {
    holding.settle();
  }
}

/** What is open to anyone is not signed: a signature there is not looked at. */
async function authenticate(
  ctx: Context,
  access: Access,
  headers: HeaderFields,
  { authenticator }: ApiOptions,
): Promise<Authentication | undefined> {
  if (access === "anyone") return undefined;
  const { state, method, req } = ctx;
  state["phase"] = "authentication";
  const address = parseAddress(req.url ?? "/", undefined, []);
  const authentication = await authenticator.authenticate({ method, address, headers });
  const { caller, payload, region } = authentication;
  // A URL can be passed on, and only Version 4 covers the digest of the body.
  if (caller.authentication !== "header" || region === undefined) throw new ApiError("NotSigned");
  if (payload.kind === "chunked" || (payload.kind === "unsigned" && hasBody(headers)))
    throw new ApiError("NotSigned", "x-amz-content-sha256 must be the sha256 of the body");
  state["phase"] = undefined;
  state["accessKeyId"] = caller.accessKeyId;
  state["account"] = caller.account?.name;
  return authentication;
}

function hasBody(headers: HeaderFields): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? "0") > 0;
}

function callerOf(authentication: Authentication | undefined, client: Client, root: Account): ApiCaller | undefined {
  const { account, accessKeyId, scope = {}, until, redirect, sessionOf } = authentication?.caller ?? {};
  if (account === undefined || accessKeyId === undefined) return undefined;
  // A trusted proxy's own address stands for whoever asks through it, and lets nobody in.
  if (!networksAllow(scope, client.certain ? client.address : "")) throw new ApiError("NotAllowed", NOT_FROM_HERE);
  const { readOnly, places } = scope;
  const isOperator = account.id === root.id && readOnly === undefined && places === undefined;
  return { account, accessKeyId, scope, until, isOperator, redirect, sessionOf };
}

function checkAccess(access: Access, caller: ApiCaller | undefined): void {
  if (access !== "anyone" && caller === undefined) throw new ApiError("NotSigned");
  if (access === "operator" && caller?.isOperator !== true)
    throw new ApiError("NotAllowed", "This call is for operators: an unlimited access key of the root account");
}

async function readJson(
  { req, res }: Context,
  authentication: Authentication | undefined,
  headers: HeaderFields,
  holding: Holding,
): Promise<unknown> {
  // A page of another site cannot send this type without asking first.
  if (headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() !== "application/json")
    throw new ApiError("NotJson");
  const body = incomingBody(req, {
    payload: authentication?.payload ?? { kind: "unsigned" },
    headers,
    writeContinue: continuation(req, res),
    admit(bytes, stream) {
      holding.readBy(stream);
      return holding.take(bytes, () => whileConnected(req, res));
    },
  });
  const limit = authentication === undefined ? UNSIGNED_LIMIT : BODY_LIMIT;
  const bytes = await readBounded(body, limit, () => new ApiError("TooLarge", `At most ${limit} bytes`));
  const read = parse(bytes);
  if (read === undefined) throw new ApiError("TooLarge", "The body has too many values");
  return read.value;
}

function parse(bytes: Buffer): ReturnType<typeof readBoundedJson> {
  try {
    return readBoundedJson(bytes);
  } catch (cause) {
    throw notParsed(cause);
  }
}

function notParsed(cause: unknown): ApiError {
  return new ApiError("BadRequest", "The body is not JSON in UTF-8", { cause });
}

function queryOf({ req }: Context): URLSearchParams {
  const { url = "" } = req;
  const mark = url.indexOf("?");
  return new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
}

/** Leaves a line of what may change something; also when it fails, because a part may be done by then. */
async function audited<T>(
  log: Log,
  change: string,
  { method }: ApiOperation,
  { call, noted }: { readonly call: AuditFacts; readonly noted: Readonly<Record<string, unknown>> },
  work: () => Promise<T>,
): Promise<T> {
  if (method === "GET") return work();
  try {
    const made = await work();
    log.info(auditLine(change, call, noted), "changed");
    return made;
  } catch (error) {
    const code = error instanceof ApiError || error instanceof S3Error ? error.code : "InternalError";
    log.info({ ...auditLine(change, call, noted), code }, "failed");
    throw error;
  }
}

function auditLine(change: string, call: AuditFacts, noted: Readonly<Record<string, unknown>>) {
  const { caller, client, requestId, path } = call;
  const by = { account: caller?.account.name, accessKeyId: caller?.accessKeyId, sessionOf: caller?.sessionOf };
  // What stands in the path, or was noted, is about the thing that changed.
  const of = { ...path, ...noted };
  return { change, of, ...by, client: client.address, requestId };
}

interface AuditFacts {
  readonly caller: ApiCaller | undefined;
  readonly client: Client;
  readonly requestId: string;
  readonly path: Readonly<Record<string, string>>;
}

function refuse(ctx: Context, thrown: unknown, { logOf }: ApiOptions): void {
  const error = thrown instanceof ApiError ? thrown : s3ErrorOf(thrown, ctx);
  const problem = problemOf(error, String(ctx.state["requestId"]));
  ctx.state["code"] = problem.code;
  if (problem.code === "InternalError") logOf(ctx).error({ err: thrown }, "request failed");
  else if (error.status === 503) ctx.state["reason"] = reasonOf(error.cause);
  if (ctx.res.headersSent) ctx.res.destroy();
  else {
    const body = Buffer.from(JSON.stringify(problem));
    answerWith(ctx, problem.status, body, "application/problem+json", refusalHeaders(error));
  }
}

function answerWith(ctx: Context, status: number, body: Buffer, type: string, more: Reply["headers"] = {}): void {
  const headers = { ...more, "Content-Type": type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" };
  sendReply(ctx, { status, headers, body });
}
