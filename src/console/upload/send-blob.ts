/**
 * One signed PUT of a blob. XMLHttpRequest, because fetch does not tell how much has left. The signature covers the
 * body's sha256: bytes that change on the way are refused by the gateway, on plain http too.
 */
import { me, session } from "../session.ts";
import { done, type Fault, failed, faultOfStatus, type Result } from "../wire/fault.ts";
import { type Outgoing, offline, pairsOf, serverTime } from "../wire/send.ts";
import { canonicalQuery, encodePath, signHeaders } from "../wire/signer.ts";
import { readFault } from "../wire/xml.ts";
import { readRetryAfter } from "./retries.ts";

export interface BlobRequest extends Required<Pick<Outgoing, "path" | "query" | "headers">> {
  readonly blob: Blob;
  /** Hex sha256 of the blob. */
  readonly digest: string;
  readonly signal: AbortSignal;
  /** Bytes of the blob that have left so far. */
  readonly onProgress: (sent: number) => void;
}

export interface BusyFault extends Fault {
  readonly retryAfterSeconds?: number | undefined;
}

/** A body that stands still for so long, or an answer that does not come, counts as a line that broke. */
const STALLED_MS = 180_000;

/** The ETag as S3 sends it, in quotes. Never throws. */
export function sendBlob(request: BlobRequest): Promise<Result<string>> {
  const { blob, signal, onProgress } = request;
  const xhr = new XMLHttpRequest();
  return new Promise((resolve) => {
    const abort = () => xhr.abort();
    let timer = setTimeout(abort, STALLED_MS);
    const settle = (answer: Result<string>) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      resolve(answer);
    };
    xhr.upload.addEventListener("progress", ({ loaded }) => {
      clearTimeout(timer);
      timer = setTimeout(abort, STALLED_MS);
      onProgress(Math.min(loaded, blob.size));
    });
    xhr.addEventListener("load", () => settle(answerOf(xhr)));
    xhr.addEventListener("error", () => settle(failed(offline(undefined))));
    xhr.addEventListener("abort", () => settle(failed(signal.aborted ? STOPPED : offline(undefined))));
    signal.addEventListener("abort", abort);
    if (signal.aborted) return settle(failed(STOPPED));
    open(xhr, request);
    xhr.send(blob);
  });
}

const STOPPED: Fault = { code: "Aborted", message: "It was stopped.", status: 0 };

function open(xhr: XMLHttpRequest, { path: decoded, query: asked, headers, digest }: BlobRequest): void {
  const path = encodePath(decoded);
  const query = pairsOf(asked);
  xhr.open("PUT", query.length === 0 ? path : `${path}?${canonicalQuery(query)}`);
  const unsigned = { method: "PUT", host: location.host, path, query, headers, payload: digest };
  const by = session.value && { credentials: session.value, region: me.value?.gateway.region ?? "us-east-1" };
  const sent = by === undefined ? headers : signHeaders(unsigned, { ...by, now: serverTime() });
  for (const [name, value] of Object.entries(sent)) xhr.setRequestHeader(name, value);
}

function answerOf(xhr: XMLHttpRequest): Result<string> {
  const { status, responseText } = xhr;
  if (status >= 200 && status < 300) return done(xhr.getResponseHeader("etag") ?? "");
  const fault = responseText === "" ? faultOfStatus(status) : readFault(responseText, status);
  const retryAfterSeconds = readRetryAfter(xhr.getResponseHeader("retry-after"), serverTime());
  const busy: BusyFault = { ...fault, retryAfterSeconds };
  return failed(busy);
}
