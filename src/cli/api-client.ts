/**
 * A client of `/-/api/v1` of a running gateway. Requests are signed in the header, with the digest of the body; answers
 * are held against the shapes of contract/. What a gateway refuses becomes an Error with the words of its answer.
 */
import { readFile } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { z } from "zod";
import type { KeyPair } from "../random-key.ts";
import { ALGORITHM, amzDate, canonicalQuery, encodeComponent, scopeOf, sha256Hex, sign } from "../signature-v4.ts";
import { parseJson, type Reply, whyNoAnswer, whyRefused, whyStrange } from "./api-refusals.ts";

export interface ApiOptions {
  /** Of the gateway: `https://s3.example.com`, without a path. */
  readonly endpoint: string;
  readonly key: KeyPair;
  /** In S3's sense; counts where the gateway has `strictRegion`. */
  readonly region: string;
  /** PEM: trusted in place of the public CAs. Undefined: these. */
  readonly caFile: string | undefined;
  /** What to think of where nothing answers. */
  readonly hint?: string;
}

interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** How long the whole call may take. Default: 60 s. */
  readonly patienceMs?: number;
}

type Method = "GET" | "POST" | "PATCH" | "DELETE";

export interface Api {
  readonly endpoint: string;
  readonly accessKeyId: string;
  /** `path`: behind `/-/api/v1`, with values by `path`. Throws one line that says what to do. */
  call<T extends z.ZodType>(method: Method, path: string, answer: T, options?: CallOptions): Promise<z.output<T>>;
}

const BASE = "/-/api/v1";
const PATIENCE_MS = 60_000;

/** A path of the API from its parts, so that a name may hold any character: path`/keys/${id}`. */
export function path(parts: readonly string[], ...values: readonly string[]): string {
  return parts.map((part, index) => part + encodeComponent(values[index] ?? "")).join("");
}

/** Throws when the endpoint is none, or the CA's file cannot be read. */
export async function openApi({ endpoint, key, region, caFile, hint }: ApiOptions): Promise<Api> {
  const origin = originOf(endpoint);
  const ca = caFile === undefined ? undefined : await readFile(caFile, "utf8");
  // A certificate that signed itself is its own CA; so is one of a chain that the file leaves incomplete.
  const trust = ca === undefined ? {} : { ca, allowPartialTrustChain: true };
  return {
    endpoint: origin.origin,
    accessKeyId: key.accessKeyId,
    async call(method, at, answer, { query = {}, body, patienceMs = PATIENCE_MS } = {}) {
      const given = Object.entries(query).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as const],
      );
      const search = canonicalQuery(given);
      const payload = body === undefined ? "" : JSON.stringify(body);
      const signed = signedHeaders({ method, path: BASE + at, search, payload, host: origin.host, key, region });
      const target = new URL(`${origin.origin}${BASE}${at}${search === "" ? "" : `?${search}`}`);
      const headers = body === undefined ? signed : { ...signed, "content-type": "application/json" };
      const reply = await send(target, { ...trust, method, headers, patienceMs, hint }, payload);
      return read(reply, answer, origin.origin, key.accessKeyId);
    },
  };
}

function originOf(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isOrigin = url && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search + url.hash === "";
  if (!isOrigin || url.username + url.password !== "")
    throw new Error(`the endpoint is not an address such as https://s3.example.com or http://127.0.0.1:9000`);
  return url;
}

interface Signed {
  readonly method: Method;
  readonly path: string;
  readonly search: string;
  readonly payload: string;
  readonly host: string;
  readonly key: KeyPair;
  readonly region: string;
}

function signedHeaders({ method, path: at, search, payload, host, key, region }: Signed) {
  const timestamp = amzDate(new Date());
  const scope = scopeOf(timestamp, region);
  const digest = sha256Hex(payload);
  const headers = { host, "x-amz-content-sha256": digest, "x-amz-date": timestamp };
  const signature = sign(key.secretAccessKey, timestamp, scope, {
    ...{ method, path: at, query: search, payload: digest },
    headers: Object.entries(headers),
  });
  const names = Object.keys(headers).join(";");
  const credential = `${key.accessKeyId}/${scope}`;
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

interface SendOptions {
  readonly method: Method;
  readonly headers: object;
  readonly patienceMs: number;
  readonly hint: string | undefined;
}

async function send(url: URL, { patienceMs, hint = "", ...options }: SendOptions, payload: string): Promise<Reply> {
  const request = url.protocol === "https:" ? secureRequest : plainRequest;
  const headers = { ...options.headers, "content-length": Buffer.byteLength(payload) };
  try {
    return await new Promise((resolve, reject) => {
      request(url, { ...options, headers, agent: false, signal: AbortSignal.timeout(patienceMs) }, (response) => {
        const { statusCode: status = 0, headers: told } = response;
        text(response).then((body) => resolve({ status, location: told.location, date: told.date, body }), reject);
      })
        .once("error", reject)
        .end(payload);
    });
  } catch (cause) {
    throw new Error(`${url.origin} ${whyNoAnswer(cause, patienceMs)}${hint}`, { cause });
  }
}

function read<T extends z.ZodType>(reply: Reply, answer: T, origin: string, accessKeyId: string): z.output<T> {
  const document = parseJson(reply.body);
  const isDone = reply.status >= 200 && reply.status < 300;
  const checked = isDone && (document !== undefined || reply.body === "") ? answer.safeParse(document) : undefined;
  if (checked?.success) return checked.data;
  const refusal = isDone ? undefined : whyRefused(reply, accessKeyId, new Date());
  throw new Error(refusal ?? `${origin} ${whyStrange(reply, document)}`);
}
