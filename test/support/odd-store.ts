/**
 * A door in front of a real store that answers some reads by a signed URL as other services do, or wrongly. It passes
 * everything else on unchanged: signatures stay valid, because the Host header does not change.
 */
import { once } from "node:events";
import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** What such a store does, and no service should but `strict`. */
export type Oddity =
  /** As AWS: refuses `x-amz-*` headers that the URL did not sign. */
  "strict" | "closed" | "other bytes" | "other etag" | "no overrides" | "no ranges" | "no conditions";

export interface OddStore extends AsyncDisposable {
  /** `http://127.0.0.1:port`, and the same for clients under another name. */
  readonly url: string;
  readonly publicUrl: string;
  readonly oddities: Set<Oddity>;
  /** Reads by a signed URL that were passed on, in order. */
  readonly reads: readonly { readonly headers: IncomingHttpHeaders; readonly query: URLSearchParams }[];
}

const NOT_SIGNED =
  "<Error><Code>AccessDenied</Code><Message>There were headers present in the request which were not signed" +
  "</Message></Error>";

/** `target`: `http://host:port` of the real one. */
export async function startOddStore(target: string): Promise<OddStore> {
  const { hostname, port } = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  const oddities = new Set<Oddity>();
  const reads: { headers: IncomingHttpHeaders; query: URLSearchParams }[] = [];

  const server = http.createServer((request, response) => {
    const query = new URL(request.url ?? "", target).searchParams;
    const isSignedRead = request.method === "GET" && query.has("X-Amz-Signature");
    const odd: ReadonlySet<Oddity> = isSignedRead ? oddities : new Set();
    const refuses = odd.has("closed") || (odd.has("strict") && hasUnsigned(request.headers, query));
    if (refuses) response.writeHead(403, { "content-type": "application/xml" }).end(NOT_SIGNED);
    else {
      if (isSignedRead) reads.push({ headers: request.headers, query });
      passOn(request, response, odd).catch(() => response.destroy());
    }
  });

  async function passOn(request: IncomingMessage, response: ServerResponse, odd: ReadonlySet<Oddity>): Promise<void> {
    const headers = request.rawHeaders.filter((_, index, all) => !isDropped(all[index - (index % 2)] ?? "", odd));
    const { method, url: path } = request;
    const passed = http.request({ agent, hostname, port, method, path, headers, setHost: false });
    const answering = once(passed, "response") as Promise<[IncomingMessage]>;
    request.pipe(passed);
    const [answer] = await answering;
    const body = await buffer(answer);
    if (odd.has("other bytes") && body.length > 0) body[0] = (body[0] ?? 0) ^ 1;
    response.writeHead(answer.statusCode ?? 502, bent(answer.headers, odd)).end(body);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    publicUrl: `http://localhost:${address.port}`,
    oddities,
    reads,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      agent.destroy();
    },
  };
}

function hasUnsigned(headers: IncomingHttpHeaders, query: URLSearchParams): boolean {
  const signed = (query.get("X-Amz-SignedHeaders") ?? "").split(";");
  return Object.keys(headers).some((name) => name.startsWith("x-amz-") && !signed.includes(name));
}

function isDropped(name: string, odd: ReadonlySet<Oddity>): boolean {
  return (odd.has("no ranges") && /^range$/i.test(name)) || (odd.has("no conditions") && /^if-/i.test(name));
}

const OVERRIDDEN = ["cache-control", "content-disposition", "content-encoding", "content-language", "expires"];

function bent(headers: IncomingHttpHeaders, odd: ReadonlySet<Oddity>): IncomingHttpHeaders {
  const all = { ...headers };
  if (odd.has("other etag")) all.etag = '"0-other"';
  if (!odd.has("no overrides")) return all;
  for (const name of OVERRIDDEN) delete all[name];
  return { ...all, "content-type": "application/octet-stream" };
}
