/**
 * Koa context -> Call -> Operation -> Reply -> Koa context. The order is the safety: signature, then what the request
 * names, then access, then the operation; nothing is looked up for a caller whose signature has not been verified.
 */
import type { Context, Middleware } from "koa";
import { decide } from "../auth/access.ts";
import type { Authenticator } from "../auth/authenticate.ts";
import { networksAllow, scopeAllows } from "../auth/key-scope.ts";
import { S3Error } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Client, HeaderFields, Peer, PublicAccess } from "../model.ts";
import type { AnyOperation, ObjectCall, Operation, Reply, ServiceCall, Services } from "../operations/operation.ts";
import type { Route } from "../operations/route.ts";
import { type Address, parseAddress } from "../protocol/address.ts";
import { checkExpectedOwner } from "../protocol/expected-owner.ts";
import { readRawHeaders } from "../protocol/raw-headers.ts";
import { type Admission, Holding } from "./holding.ts";
import { peerOf } from "./proxy-protocol.ts";
import { RequestCall } from "./request-call.ts";
import { isSlow, sendReply, sendWhenMade } from "./send-reply.ts";

export interface DispatchOptions {
  readonly services: Services;
  readonly authenticator: Authenticator;
  readonly route: Route;
  readonly admission: Admission;
  /** Host names whose sub-domains are buckets. */
  readonly domains: readonly string[];
  readonly readClient: (peer: Peer, headers: HeaderFields) => Client;
  readonly logOf: (ctx: Context) => Log;
  /** Told of every change of a bucket or its settings. */
  readonly audit: Log;
}

export function dispatch(options: DispatchOptions): Middleware {
  return async (ctx) => {
    const { req } = ctx;
    const headers = readRawHeaders(req.rawHeaders);
    const client = options.readClient(peerOf(req), headers);
    ctx.state["client"] = client.address;
    const address = parseAddress(req.url ?? "/", headers["host"], options.domains);
    ctx.state["phase"] = "authentication";
    const authentication = await options.authenticator.authenticate({ method: ctx.method, address, headers });
    ctx.state["phase"] = undefined;
    ctx.state["accessKeyId"] = authentication.caller.accessKeyId;
    ctx.state["account"] = authentication.caller.account?.name;
    const { name, operation } = options.route(ctx.method, address, authentication.headers);
    ctx.state["operation"] = name;
    const holding = new Holding(options.admission, req, ctx.res, client.address);
    const call = new RequestCall(ctx, { address, authentication, client, holding, logOf: options.logOf });
    try {
      const reply = await run(operation, call, address, options.services);
      if (changesBucket(operation)) audit(options.audit, name, call, address);
      ctx.state["served"] = reply.served;
      if (isSlow(reply)) await sendWhenMade(ctx, reply);
      else sendReply(ctx, reply);
    } finally {
      holding.settle();
    }
  };
}

/** The bucket itself, not what is in it: made, deleted, or set anew. DeleteObjects is a POST. */
function changesBucket({ on, method }: AnyOperation): boolean {
  return (on === "bucket" || on === "newBucket") && (method === "PUT" || method === "DELETE");
}

function audit(log: Log, change: string, { caller, requestId, client }: ServiceCall, { bucket }: Address): void {
  const { account, accessKeyId } = caller;
  log.info({ change, bucket, account: account?.name, accessKeyId, client: client.address, requestId }, "changed");
}

/**
 * Loads what the operation works on and checks access to it, then runs it. Bucket names are global: as in S3, a missing
 * bucket is NoSuchBucket to everybody, and only what is inside one is kept from others.
 */
async function run(operation: AnyOperation, call: ServiceCall, address: Address, services: Services): Promise<Reply> {
  checkScope(operation, call, address);
  return services.takeover.askedBy(call.headers, () => runHere(operation, call, address, services));
}

async function runHere(
  operation: AnyOperation,
  call: ServiceCall,
  address: Address,
  services: Services,
): Promise<Reply> {
  const { caller } = call;
  const { checkAccess } = services;
  switch (operation.on) {
    case "service":
      checkAccess(caller, operation.action, undefined);
      return operation.handle(call, services);
    case "newBucket":
      checkAccess(caller, operation.action, undefined);
      return operation.handle(Object.assign(call, { bucketName: address.bucket ?? "" }), services);
    case "bucket":
    case "object": {
      const bucket = await services.metadata.buckets.find(address.bucket ?? "");
      if (bucket === undefined) throw noSuchBucket(address);
      checkAccess(caller, operation.action, bucket);
      checkExpectedOwner(call.headers, "x-amz-expected-bucket-owner", bucket);
      if (operation.on === "bucket") return operation.handle(Object.assign(call, { bucket }), services);
      return operation.handle(Object.assign(call, { bucket, key: address.key ?? "" }), services);
    }
    case "storedObject": {
      const key = address.key ?? "";
      const { bucket, found } = await services.metadata.objects.find(address.bucket ?? "", key);
      if (bucket === undefined) throw noSuchBucket(address);
      checkAccess(caller, operation.action, bucket, found?.object);
      checkExpectedOwner(call.headers, "x-amz-expected-bucket-owner", bucket);
      if (found === undefined) return runOnComing(operation, Object.assign(call, { bucket, key }), services);
      return operation.handle(Object.assign(call, { bucket, key, found }), services);
    }
  }
}

/** The object may stand in the bucket that this one takes over; of a part of it, only this gateway can tell. */
async function runOnComing(operation: Operation<"storedObject">, call: ObjectCall, services: Services): Promise<Reply> {
  const { bucket, key, caller, query } = call;
  const found = await services.takeover.find(bucket, key);
  if (found === undefined) throw noSuchKey(key);
  services.checkAccess(caller, operation.action, bucket, found.object);
  if (!("blob" in found) && operation.handleComing !== undefined && !query.has("partNumber"))
    return operation.handleComing(Object.assign(call, { found }), services);
  const here = "blob" in found ? found : await services.takeover.fetch(bucket, key);
  if (here === undefined) throw noSuchKey(key);
  return operation.handle(Object.assign(call, { found: here }), services);
}

/**
 * What the access key leaves of its account's rights. A HEAD lists nothing. Throws AccessDenied, for a bucket that does
 * not exist as well.
 */
function checkScope({ action }: AnyOperation, call: ServiceCall, { bucket, key }: Address): void {
  const { scope } = call.caller;
  // A trusted proxy's own address stands for whoever asks through it, and lets nobody in.
  const from = call.client.certain ? call.client.address : "";
  const prefix = call.method === "HEAD" ? undefined : (call.query.get("prefix") ?? "");
  if (!networksAllow(scope, from) || !scopeAllows(scope, action, { bucket, key, prefix }))
    throw new S3Error("AccessDenied");
}

function noSuchKey(key: string): S3Error {
  return new S3Error("NoSuchKey", { elements: { Key: key } });
}

function noSuchBucket(address: Address): S3Error {
  return new S3Error("NoSuchBucket", { elements: { BucketName: address.bucket ?? "" } });
}

/** The check that dispatch and the operations share. */
export function accessCheck(publicAccess: PublicAccess): Services["checkAccess"] {
  return ({ account }, action, bucket, object) => {
    if (decide(publicAccess, account, action, bucket, object) !== "allow") throw new S3Error("AccessDenied");
  };
}
