/**
 * An S3 client for gateways that crash: it follows redirects, never repeats a request, and reports a broken connection
 * as an unknown outcome.
 */
import type { Answer } from "../support/raw-request.ts";
import { type SignerOptions, signedFetch, type TestRequest } from "../support/sign.ts";

export interface Reply {
  readonly status: number;
  readonly body: Buffer;
  /** Without quotes. */
  readonly etag: string | undefined;
  readonly text: string;
}

/** Undefined if the connection broke before the whole answer arrived: the request may have been executed. */
export type Ask = (request: TestRequest) => Promise<Reply | undefined>;

/** `redirected`: reads ask the gateway for redirects. */
export function openClient(options: SignerOptions, redirected = true): Ask {
  const fetchSigned = signedFetch(options);
  return async (request) => {
    const answer = await fetchSigned(redirected ? followed(request) : request).catch(() => undefined);
    if (answer?.status !== 307) return answer && toReply(answer);
    const { location = "" } = answer.headers;
    return follow(location, request.method ?? "GET").catch(() => undefined);
  };
}

/** A read that asks for a redirect. */
function followed(request: TestRequest): TestRequest {
  if ((request.method ?? "GET") !== "GET") return request;
  return { ...request, unsignedHeaders: { "x-nearbucket-redirect": "always" } };
}

async function follow(url: string, method: string): Promise<Reply> {
  const response = await fetch(url, { method });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, body, etag: unquoted(response.headers.get("etag")), text: body.toString() };
}

function toReply({ status, body, headers, text }: Answer): Reply {
  return { status, body, text, etag: unquoted(headers["etag"]) };
}

function unquoted(etag: string | null | undefined): string | undefined {
  return etag?.replaceAll('"', "");
}

/** No whole answer, or a 500 or 503: the request may have been executed. */
export function isUnknown(reply: Reply | undefined): reply is undefined | (Reply & { readonly status: 500 | 503 }) {
  return reply === undefined || reply.status === 500 || reply.status === 503;
}
