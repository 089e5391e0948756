/**
 * A client that signs by hand, for tests: a test can change every part of a request. `signedFetch(options)` prepares,
 * signs and sends in one go; `prepare`, `send` and `presign` are its steps. Paths, queries and header values are sent
 * exactly as given (header values as UTF-8).
 */
import {
  amzDate,
  canonicalQuery,
  hmac,
  scopeOf,
  sha256Hex,
  sign,
  signingKey,
  UNSIGNED_PAYLOAD,
} from "../../src/signature-v4.ts";
import { type ChunkSigner, chunkedBody } from "./chunked-body.ts";
import { type Answer, type PreparedRequest, send } from "./raw-request.ts";
import {
  canonicalHeaders,
  canonicalPath,
  canonicalRawQuery,
  type HeaderValues,
  hasHeader,
  headerLines,
  queryText,
  splitOnce,
} from "./request-text.ts";
import { signatureV2 } from "./signature-v2.ts";

export interface SignerOptions {
  /** `http://127.0.0.1:9000`; requests go there whatever `host` says. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** us-east-1 unless told. */
  readonly region?: string;
  readonly now?: () => Date;
}

/**
 * How the body is covered: x-amz-content-sha256 = its digest, UNSIGNED-PAYLOAD, or one of the three aws-chunked forms.
 */
export type PayloadForm = "digest" | "unsigned" | "chunked" | "chunked-trailer" | "unsigned-trailer";

export type AuthenticationForm = "v4" | "v4-query" | "v2" | "v2-query" | "anonymous";

export interface TestRequest {
  /** GET unless told. */
  readonly method?: string;
  /** Raw, as sent: `/bucket/a%20b`. A query may follow after `?`. */
  readonly path: string;
  /** Raw text without `?`, or names and values that are encoded here. */
  readonly query?: string | Readonly<Record<string, string>>;
  /** Sent and signed (v2 signs those it knows). An array is sent as several lines. */
  readonly headers?: HeaderValues;
  /** Sent, not signed. */
  readonly unsignedHeaders?: HeaderValues;
  /**
   * An async iterable is sent as it comes and needs `payload: "unsigned"`; without `contentLength` it goes with
   * Transfer-Encoding: chunked.
   */
  readonly body?: string | Buffer | AsyncIterable<Buffer>;
  /** "digest" unless told; for the query forms "unsigned". */
  readonly payload?: PayloadForm;
  /** For the chunked forms; 64 KiB unless told. */
  readonly chunkSize?: number;
  /** For the trailer forms, by lower-case name; `x-amz-trailer` announces them. */
  readonly trailers?: Readonly<Record<string, string>>;
  /**
   * Sends `Expect: 100-continue` and holds the body back until the server asks for it; a final answer before that means
   * it is never sent.
   */
  readonly expectContinue?: boolean;
  /** "v4" unless told. */
  readonly authentication?: AuthenticationForm;
  /** Seconds a presigned URL lives; 900 unless told. */
  readonly expiresIn?: number;
  /** Claimed Content-Length in place of the true one. */
  readonly contentLength?: number;
  /** The value of the Host header (signed), for virtual-host requests. */
  readonly host?: string;
  /** For v2 with a virtual host: `/bucket`, put before the path in what is signed. */
  readonly virtualBucket?: string;
  /** Cuts the connection after that many bytes of the wire body. */
  readonly cutAfter?: number;
  /** The last word before sending: change the prepared request after it was signed. */
  readonly tamper?: (prepared: PreparedRequest) => void;
}

export type SignedFetch = (request: TestRequest) => Promise<Answer>;

/**
 * A fetch that signs: `const answer = await signedFetch({ endpoint, accessKeyId, secretAccessKey })({ path: "/" })`.
 */
export function signedFetch(options: SignerOptions): SignedFetch {
  return (request) => send(options.endpoint, prepare(options, request));
}

/** A presigned URL: SigV4, or SigV2 with `authentication: "v2-query"`. */
export function presign(options: SignerOptions, request: TestRequest): string {
  const prepared = prepare(options, { authentication: "v4-query", ...request });
  return `${options.endpoint.replace(/\/$/, "")}${prepared.target}`;
}

/** Signs without sending. */
export function prepare(options: SignerOptions, request: TestRequest): PreparedRequest {
  const authentication = request.authentication ?? "v4";
  const time = (options.now ?? (() => new Date()))();
  const [path = "", inPath = ""] = splitOnce(request.path, "?");
  const query = [inPath, queryText(request.query)].filter((part) => part !== "").join("&");
  const given = typeof request.body === "string" ? Buffer.from(request.body) : (request.body ?? Buffer.alloc(0));
  const draft: Draft = {
    options,
    request,
    method: request.method ?? "GET",
    path,
    query,
    time,
    form: request.payload ?? (authentication.endsWith("query") || !Buffer.isBuffer(given) ? "unsigned" : "digest"),
    given,
    headers: [["host", request.host ?? new URL(options.endpoint).host], ...headerLines(request.headers)],
  };
  const prepared = forms[authentication](draft);
  for (const line of headerLines(request.unsignedHeaders)) prepared.headers.push(line);
  request.tamper?.(prepared);
  return prepared;
}

interface Draft {
  readonly options: SignerOptions;
  readonly request: TestRequest;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly time: Date;
  readonly form: PayloadForm;
  readonly given: Buffer | AsyncIterable<Buffer>;
  readonly headers: [string, string][];
}

const forms: Record<AuthenticationForm, (draft: Draft) => PreparedRequest> = {
  v4: signHeader,
  "v4-query": signQuery,
  v2: signHeaderV2,
  "v2-query": signQueryV2,
  anonymous: (draft) => {
    const payload = draft.form === "digest" ? withoutDigest(payloadHeaders(draft)) : payloadHeaders(draft);
    return finish(draft, draft.query, [...draft.headers, ...payload], undefined);
  },
};

function signHeader(draft: Draft): PreparedRequest {
  const { options, request } = draft;
  const timestamp = amzDate(draft.time);
  const scope = scopeOf(timestamp, options.region ?? "us-east-1");
  const headers = [...draft.headers, ...payloadHeaders(draft)];
  if (!hasHeader(request.headers, "x-amz-date")) headers.push(["x-amz-date", timestamp]);
  const signed = canonicalHeaders(headers);
  const names = signed.map(([name]) => name).join(";");
  const canonical = {
    method: draft.method,
    path: canonicalPath(draft.path),
    query: canonicalRawQuery(draft.query),
    headers: signed,
  };
  const payload = signed.find(([name]) => name === "x-amz-content-sha256")?.[1] ?? UNSIGNED_PAYLOAD;
  const signature = sign(options.secretAccessKey, timestamp, scope, { ...canonical, payload });
  headers.push([
    "authorization",
    `AWS4-HMAC-SHA256 Credential=${options.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  ]);
  return finish(draft, draft.query, headers, chunkSigner(options, timestamp, scope, signature));
}

function signQuery(draft: Draft): PreparedRequest {
  const { options, request } = draft;
  const timestamp = amzDate(draft.time);
  const scope = scopeOf(timestamp, options.region ?? "us-east-1");
  const payload = payloadWord(draft);
  const headers = [...draft.headers, ...withoutDigest(payloadHeaders(draft))];
  const signed = canonicalHeaders(headers);
  const own = new Map<string, string>([
    ["X-Amz-Algorithm", "AWS4-HMAC-SHA256"],
    ["X-Amz-Credential", `${options.accessKeyId}/${scope}`],
    ["X-Amz-Date", timestamp],
    ["X-Amz-Expires", String(request.expiresIn ?? 900)],
    ["X-Amz-SignedHeaders", signed.map(([name]) => name).join(";")],
  ]);
  if (payload !== UNSIGNED_PAYLOAD) own.set("X-Amz-Content-Sha256", payload);
  const query = [draft.query, canonicalQuery(own)].filter((part) => part !== "").join("&");
  const canonical = {
    method: draft.method,
    path: canonicalPath(draft.path),
    query: canonicalRawQuery(query),
    headers: signed,
    payload,
  };
  const signature = sign(options.secretAccessKey, timestamp, scope, canonical);
  return finish(
    draft,
    `${query}&X-Amz-Signature=${signature}`,
    headers,
    chunkSigner(options, timestamp, scope, signature),
  );
}

function signHeaderV2(draft: Draft): PreparedRequest {
  const headers = [...draft.headers, ...withoutDigest(payloadHeaders(draft))];
  if (!hasHeader(draft.request.headers, "x-amz-date")) headers.push(["date", draft.time.toUTCString()]);
  const date = hasHeader(draft.request.headers, "x-amz-date") ? "" : draft.time.toUTCString();
  headers.push(["authorization", `AWS ${draft.options.accessKeyId}:${signatureV2(draft, headers, date)}`]);
  return finish(draft, draft.query, headers, undefined);
}

function signQueryV2(draft: Draft): PreparedRequest {
  const headers = [...draft.headers, ...withoutDigest(payloadHeaders(draft))];
  const expires = String(Math.floor(draft.time.getTime() / 1000) + (draft.request.expiresIn ?? 900));
  const own = new Map([
    ["AWSAccessKeyId", draft.options.accessKeyId],
    ["Expires", expires],
    ["Signature", signatureV2(draft, headers, expires)],
  ]);
  return finish(draft, [draft.query, canonicalQuery(own)].filter((part) => part !== "").join("&"), headers, undefined);
}

function finish(
  draft: Draft,
  query: string,
  headers: [string, string][],
  signer: ChunkSigner | undefined,
): PreparedRequest {
  const { given, request } = draft;
  const framed = draft.form !== "digest" && draft.form !== "unsigned";
  const body = framed && Buffer.isBuffer(given) ? chunkedBody(given, draft.form, request, signer) : given;
  const length =
    request.contentLength ??
    (Buffer.isBuffer(body) && (body.length > 0 || /^(PUT|POST)$/.test(draft.method)) ? body.length : undefined);
  if (length !== undefined) headers.push(["content-length", String(length)]);
  else if (!Buffer.isBuffer(body)) headers.push(["transfer-encoding", "chunked"]);
  if (request.expectContinue) headers.push(["expect", "100-continue"]);
  const target = query === "" ? draft.path : `${draft.path}?${query}`;
  return {
    method: draft.method,
    target,
    headers,
    body,
    expectContinue: request.expectContinue ?? false,
    cutAfter: request.cutAfter,
  };
}

function chunkSigner(options: SignerOptions, timestamp: string, scope: string, seed: string): ChunkSigner {
  const key = signingKey(options.secretAccessKey, scope);
  return { timestamp, scope, seed, sign: (text) => hmac(key, text).toString("hex") };
}

const WORDS: Record<Exclude<PayloadForm, "digest">, string> = {
  unsigned: UNSIGNED_PAYLOAD,
  chunked: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "chunked-trailer": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
  "unsigned-trailer": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
};

function payloadWord({ form, given }: Draft): string {
  if (form !== "digest") return WORDS[form];
  if (!Buffer.isBuffer(given)) throw new Error("a digest needs the whole body");
  return sha256Hex(given);
}

function payloadHeaders(draft: Draft): [string, string][] {
  const { form, given, request } = draft;
  const lines: [string, string][] = hasHeader(request.headers, "x-amz-content-sha256")
    ? []
    : [["x-amz-content-sha256", payloadWord(draft)]];
  if (form === "digest" || form === "unsigned") return lines;
  if (!hasHeader(request.headers, "content-encoding")) lines.push(["content-encoding", "aws-chunked"]);
  if (!hasHeader(request.headers, "x-amz-decoded-content-length") && Buffer.isBuffer(given))
    lines.push(["x-amz-decoded-content-length", String(given.length)]);
  const trailers = Object.keys(request.trailers ?? {});
  if (trailers.length > 0) lines.push(["x-amz-trailer", trailers.join(",")]);
  return lines;
}

function withoutDigest(lines: [string, string][]): [string, string][] {
  return lines.filter(([name]) => name !== "x-amz-content-sha256");
}
