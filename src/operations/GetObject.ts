/**
 * GetObject: conditions and range from metadata; then a redirect to the closest backend, or the bytes themselves.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import { heldByTransfer } from "../blobs/held-by-transfer.ts";
import type { ReplyHeaders } from "../protocol/reply-headers.ts";
import { operation, type Reply, type Services, type StoredObjectCall } from "./operation.ts";
import { type ObjectRead, readObject } from "./read-object.ts";
import { REGIONS_HEADER } from "./requested-regions.ts";

// Below 1 KiB, so that clients drain it and keep the connection; without <Endpoint>, because some clients would send
// every later request there.
const REDIRECT_BODY = Buffer.from(
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>TemporaryRedirect</Code><Message>' +
    "This object is read from the closest copy: follow the Location header. A client that cannot follow sends the " +
    "header x-nearbucket-redirect: never, the query parameter of that name, or nearbucket-redirect/0 in its " +
    "User-Agent.</Message></Error>",
);

export const GetObject = operation({
  on: "storedObject",
  method: "GET",
  action: "s3:GetObject",
  async handle(call, services) {
    const read = readObject(call, services.honoursEmbeddedHeaders);
    if (read.status === 304) return { status: 304, headers: read.headers };
    return deliver(call, read, services);
  },
  async handleComing(call, services) {
    const read = readObject(call, false);
    const { status, headers, range, bytes } = read;
    if (status === 304) return { status, headers };
    Object.assign(headers, { "x-nearbucket-served": "proxy; reason=takeover" });
    services.delivery.countComing(call.headers, bytes);
    if (bytes === 0) return { status, headers, body: NOTHING };
    await call.hold(heldByTransfer(bytes));
    const body = await services.takeover.read(call.found, range, call.signal);
    return { status, headers, body, served: { rule: "takeover", backend: undefined } };
  },
});

async function deliver(call: StoredObjectCall, read: ObjectRead, services: Services): Promise<Reply> {
  const { found, caller, client } = call;
  const route = services.delivery.route({
    bucket: found.bucket,
    object: found.object,
    blob: found.blob,
    headers: call.headers,
    query: call.query,
    authentication: caller.authentication,
    keyRedirect: caller.redirect,
    accessKeyId: caller.accessKeyId,
    until: caller.until,
    requestOrigin: client.origin,
    mayBeHttps: client.mayBeHttps,
    clientAddress: client.address,
    connection: call.connection,
    trustedPeer: client.trustedPeer,
    bytes: read.bytes,
    plain: read.plain,
    replyHeaders: read.headers,
  });
  if (route.kind === "redirect")
    return {
      status: 307,
      headers: redirectHeaders(read.headers, route.headers),
      body: REDIRECT_BODY,
      served: { rule: route.rule, backend: route.backend },
    };
  const headers = Object.assign(read.headers, route.headers);
  if (read.bytes === 0) return { status: read.status, headers, body: NOTHING };
  const wait = call.hold(heldByTransfer(read.bytes));
  if (wait !== undefined) await wait;
  const { body, backend } = await services.blobs.open(found.blob, {
    order: route.order,
    range: read.range,
    reader: call,
  });
  if (backend === undefined) nameMemory(headers);
  return { status: read.status, headers, body, served: { rule: route.rule, backend } };
}

/** The bytes came from memory, so the route's region does not apply. */
function nameMemory(headers: ReplyHeaders): void {
  headers["x-nearbucket-served"] = headers["x-nearbucket-served"]?.replace("proxy", "memory");
  headers["x-nearbucket-region"] = undefined;
}

const NOTHING = Buffer.alloc(0);

/**
 * Headers that a foreign backend cannot send for this object; clients can read them from the redirect itself. Nor does
 * a node send the regions: its URL can be passed on, and they are for the owner.
 */
function redirectHeaders(reply: ReplyHeaders, route: Readonly<Record<string, string>>): ReplyHeaders {
  const headers: ReplyHeaders = {
    "Content-Type": "application/xml",
    "x-nearbucket-set-etag": reply["ETag"],
    "x-nearbucket-set-last-modified": reply["Last-Modified"],
  };
  for (const name in reply)
    if (name.startsWith("x-amz-") || name === REGIONS_HEADER) headers[`x-nearbucket-set-${name}`] = reply[name];
  return Object.assign(headers, route);
}
