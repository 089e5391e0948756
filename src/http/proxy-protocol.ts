/**
 * Connections that begin with a header of the PROXY protocol: it is read before http or TLS sees a byte, and names who
 * is at the other end. Whoever may not send one, or sends none in time, is cut off unanswered.
 */
import type { IncomingMessage } from "node:http";
import type { Server, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Peer } from "../model.ts";
import { type ProxyHeader, readProxyHeader } from "./proxy-header.ts";

export interface ProxyProtocol {
  /** May a connection from there say who its client is? */
  readonly isTrusted: (address: string) => boolean;
}

type Named = Exclude<ProxyHeader, string>["from"];

/** Of sockets of a listener that requires headers: who is at the other end. */
const named = new WeakMap<Socket, Named>();

/** Slower than this no proxy writes a hundred bytes. */
const HEADER_MS = 5_000;

/**
 * `server`: of node:http or node:https, before it listens. The function returned cuts the connections whose header is
 * not there yet.
 */
export function requireProxyHeaders(server: Server, { isTrusted }: ProxyProtocol): () => void {
  const waiting = new Set<Socket>();
  /** A TLS socket does not say which connection it came over; both ends' addresses do. */
  const underway = new Map<string, Named>();
  const begin = server.listeners("connection") as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    if (!isTrusted(socket.remoteAddress ?? "")) return void socket.destroy();
    waiting.add(socket);
    socket.once("close", () => waiting.delete(socket));
    awaitHeader(socket, (from) => {
      waiting.delete(socket);
      const ends = endsOf(socket);
      named.set(socket, from);
      underway.set(ends, from);
      socket.once("close", () => underway.delete(ends));
      for (const listener of begin) listener.call(server, socket);
    });
  });
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    named.set(socket, underway.get(endsOf(socket)) ?? "unknown");
  });
  return () => {
    for (const socket of waiting) socket.destroy();
  };
}

/** Who sent a request; an unknown client has no address, and no network holds it. */
export function peerOf({ socket }: Pick<IncomingMessage, "socket">): Peer {
  const secure = "encrypted" in socket;
  const from = named.get(socket);
  if (from === undefined || from === "proxy") return { address: socket.remoteAddress ?? "", secure };
  return { address: from === "unknown" ? "" : from.address, secure, relayed: true };
}

function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** Calls `use` when the whole header is there, with what follows it still to be read; else the socket is destroyed. */
function awaitHeader(socket: Socket, use: (from: Named) => void): void {
  let bytes = Buffer.alloc(0);
  const cut = setTimeout(() => socket.destroy(), HEADER_MS);
  const stop = () => {
    clearTimeout(cut);
    socket.off("readable", read).off("error", stop).off("close", stop).off("end", end);
  };
  const end = () => socket.destroy();
  const read = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    bytes = Buffer.concat([bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header === "more") return;
    stop();
    if (header === "bad") return void socket.destroy();
    if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
    use(header.from);
  };
  socket.on("readable", read).on("error", stop).on("close", stop).on("end", end);
}
