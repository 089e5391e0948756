/** One read by a signed URL, as a redirected client makes it: nothing is followed, and nothing is tried twice. */
import http from "node:http";
import https from "node:https";
import { buffer } from "node:stream/consumers";
import type { SecureContext } from "node:tls";

export interface SignedAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface SignedReadOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** For https; node's own unless told. */
  readonly secureContext: SecureContext | undefined;
  readonly signal: AbortSignal;
}

/** Rejects when no whole answer comes. For answers of a few bytes. */
export function readSigned(url: string, { headers, secureContext, signal }: SignedReadOptions): Promise<SignedAnswer> {
  const { request } = url.startsWith("https:") ? https : http;
  const tls = secureContext && { secureContext };
  return new Promise((resolve, reject) => {
    request(url, { agent: false, headers, signal, ...tls }, (response) => {
      buffer(response).then(
        (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        reject,
      );
    })
      .once("error", reject)
      .end();
  });
}
