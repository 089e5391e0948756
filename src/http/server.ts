/**
 * The socket side: node's http server with limits fit for long uploads, `Expect: 100-continue` left to whoever reads
 * the body, and a close that lets the requests under way finish. Between requests node ends a connection, within one
 * `pace.ts` does.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Log } from "../log.ts";
import { readTlsFiles, type TlsFiles } from "../tls-files.ts";
import { inTurn } from "./in-turn.ts";
import type { Pace } from "./pace.ts";
import { type ProxyProtocol, requireProxyHeaders } from "./proxy-protocol.ts";
import { followTlsFiles, LISTENER_FILES, tlsOptions } from "./tls.ts";

/** The client of this request waits for `100 Continue` before it sends its body. */
const waiting = new WeakSet<IncomingMessage>();

/** Sends `100 Continue` once, when the client waits for it; undefined when it does not. */
export function continuation(request: IncomingMessage, response: ServerResponse): (() => void) | undefined {
  if (!waiting.has(request)) return undefined;
  return () => {
    if (waiting.delete(request) && !response.headersSent) response.writeContinue();
  };
}

export interface ServerOptions {
  /** What the configuration calls this address. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Cuts clients that are too slow. */
  readonly pace: Pace;
  /** At most so many are open at once. */
  readonly connections: number;
  /** Undefined: plain http. With a CA, clients need a certificate of it. */
  readonly tls?: TlsFiles | undefined;
  /** Every connection begins with a header of the PROXY protocol. Undefined: none does. */
  readonly proxyProtocol?: ProxyProtocol | undefined;
  readonly log: Log;
}

export interface ListeningServer {
  readonly port: number;
  /** Stops accepting, waits for the requests under way at most `graceMs`, then cuts what is left. */
  close(graceMs: number): Promise<void>;
}

const MAX_HEADER_BYTES = 16 * 1024;

export async function listen(listener: RequestListener, options: ServerOptions): Promise<ListeningServer> {
  let isClosing = false;
  const begin: RequestListener = (request, response) => {
    options.pace.begin(request);
    if (isClosing) response.setHeader("Connection", "close");
    return listener(request, response);
  };
  const { server, stop } = await createListener(options, inTurn(begin));
  const cut = options.proxyProtocol && requireProxyHeaders(server, options.proxyProtocol);
  // A limit on whole requests kills a 5 GiB upload on a slow line; its pace is what tells a dead client.
  server.requestTimeout = 0;
  // Also how long a connection may stand that sends nothing at all.
  server.headersTimeout = 20_000;
  // Longer than the idle time of clients and load balancers, so that it is they who close.
  server.keepAliveTimeout = 75_000;
  options.pace.watch(server, options.connections);
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    server.emit("request", request, response);
  });
  // Any other expectation is none of S3's: it is ignored, where node would answer 417.
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) =>
    server.emit("request", request, response),
  );
  server.on("clientError", refuseUnreadable);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(notListening(options, cause)));
    server.listen(options.port, options.host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close(graceMs) {
      isClosing = true;
      stop();
      cut?.();
      return close(server, graceMs);
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has this port",
  EACCES: "this user may not have this port",
  EADDRNOTAVAIL: "this machine does not have this address",
};

function notListening({ name, host, port }: ServerOptions, cause: NodeJS.ErrnoException): Error {
  const reason = REASONS[cause.code ?? ""];
  const why = reason === undefined ? cause.message : `${reason} (${cause.code})`;
  return new Error(`${name}: cannot listen on ${host.includes(":") ? `[${host}]` : host}:${port}: ${why}`, { cause });
}

/** `stop` ends what goes on beside the server. */
async function createListener({ tls, log }: ServerOptions, listener: RequestListener) {
  const settings = {
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAlive: true,
    noDelay: true,
    insecureHTTPParser: false,
    connectionsCheckingInterval: 5_000,
  };
  if (tls === undefined) return { server: createServer(settings, listener), stop: () => undefined };
  const material = await readTlsFiles(tls, LISTENER_FILES);
  const server = createSecureServer({ ...settings, ...tlsOptions(material) }, listener);
  return { server, stop: followTlsFiles(server, tls, material, log) };
}

/** What no HTTP reply can reach: a connection that is gone, or never became TLS. */
const UNREACHABLE = /^(?:ECONNRESET$|ERR_SSL_|ERR_TLS_)/;

/** What never became a request gets S3's error document too: a header section too large, or bytes that are no HTTP. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || UNREACHABLE.test(error.code ?? "")) return void socket.destroy();
  const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
  const code = tooLarge ? "RequestHeaderSectionTooLarge" : "BadRequest";
  const message = tooLarge
    ? "Your request header and query parameters used to make the request exceed the maximum allowed size."
    : "Bad Request";
  const content = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${content}`;
  const lines = [
    "HTTP/1.1 400 Bad Request",
    "Content-Type: application/xml",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/** A connection that was busy may be idle a moment later. */
const IDLE_EVERY_MS = 200;

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_EVERY_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}

const DRAIN_MS = 2_000;
const DRAIN_BYTES = 1024 * 1024;

/**
 * For a reply sent while the body is still coming: half-close, swallow what is already on its way, then close. Closing
 * at once would reset the connection and many clients would never see the reply. Gives the header that says so.
 */
export function closeAfterReply(request: IncomingMessage): readonly [name: string, value: string] {
  const { socket } = request;
  // node calls this when a reply with `Connection: close` has been written; its own version closes at once.
  socket.destroySoon = () => {
    let swallowed = 0;
    const end = setTimeout(() => socket.destroy(), DRAIN_MS);
    socket.once("close", () => clearTimeout(end));
    request.on("data", (chunk: Buffer) => {
      swallowed += chunk.length;
      if (swallowed > DRAIN_BYTES) socket.destroy();
    });
    request.resume();
    socket.end();
  };
  return ["Connection", "close"];
}

/** As clients write it. */
export function urlOf(scheme: "http" | "https", host: string, port: number): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
