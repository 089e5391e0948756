/**
 * An S3 client that expects trouble: it signs by hand, follows redirects as clients do, never repeats a request, and
 * tells "no whole answer came" from every answer.
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

/** Undefined: the connection broke before a whole answer had come. What was asked for may have been done. */
export type Ask = (request: TestRequest) => Promise<Reply | undefined>;

/** `redirected`: reads ask for redirects, wherever the gateway may give one. */
export function openClient(options: SignerOptions, redirected = true): Ask {
  const fetchSigned = signedFetch(options);
  return async (request) => {
    const answer = await fetchSigned(redirected ? followed(request) : request).catch(() => undefined);
    if (answer?.status !== 307) return answer && toReply(answer);
    const { location = "" } = answer.headers;
    return follow(location, request.method ?? "GET").catch(() => undefined);
  };
}

/** Says that it follows redirects, wherever it reads. */
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

/** Done, or refused for the moment with nothing known about what was done: S3's 500 and 503, or no whole answer. */
export function isUnknown(reply: Reply | undefined): reply is undefined | (Reply & { readonly status: 500 | 503 }) {
  return reply === undefined || reply.status === 500 || reply.status === 503;
}
