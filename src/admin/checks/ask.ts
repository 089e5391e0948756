/** One plain HTTP request without a redirect followed: what answers, and what its clock says. */
import { type IncomingHttpHeaders, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { readTlsFiles, type TlsFiles } from "../../tls-files.ts";

/** Whom to trust and what to show; the system's CAs, and nothing, unless told. */
export type Trust = TlsFiles;

export type Asked = "GET" | "HEAD" | "OPTIONS";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly date: Date | undefined;
  readonly sentAt: Date;
  readonly receivedAt: Date;
}

const PATIENCE_MS = 10_000;

/** Reads the first kilobyte of the body at most. Throws when no answer comes within ten seconds. */
export async function ask(
  method: Asked,
  url: string,
  trust: Trust = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const tls = trust.certificate === undefined && trust.ca === undefined ? {} : await readTlsFiles(trust);
  const request = url.startsWith("https:") ? secureRequest : plainRequest;
  const options = { ...tls, method, headers, agent: false, signal: AbortSignal.timeout(PATIENCE_MS) };
  const sentAt = new Date();
  return new Promise((resolve, reject) => {
    request(url, options, (response) => {
      const date = new Date(response.headers.date ?? "");
      response.destroy();
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        date: Number.isNaN(date.getTime()) ? undefined : date,
        sentAt,
        receivedAt: new Date(),
      });
    })
      .once("error", reject)
      .end();
  });
}
