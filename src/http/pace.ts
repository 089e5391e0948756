/**
 * How fast clients move, looked at by one timer for all connections. Time counts against a client only while it is its
 * turn: to send the rest of a body that is being read, or to read what has been written to it. Whoever is slower than
 * the least rate over a whole window is cut; while bodies wait for memory, so is who holds some and stands still.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { S3Error } from "../errors.ts";
import type { Budget } from "./budget.ts";

export interface PaceOptions {
  readonly budget: Budget;
  /** Over how long a client's rate is measured. */
  readonly windowMs: number;
  readonly minimumBytesPerSecond: number;
}

/** A connection and the request on it. */
export interface Exchange {
  request: IncomingMessage;
  /** Reads the request's body; destroyed with S3Error RequestTimeout when that comes too slowly. */
  body: Readable | undefined;
  /** Bytes of the budget, also those of an earlier request that is not settled yet. */
  held: number;
}

type Turn = "sends" | "reads" | undefined;

interface Watched extends Exchange {
  turn: Turn;
  /** Bytes moved, and time waited, since the window began. */
  fromBytes: number;
  waitedMs: number;
  /** The same since it last moved as much as a holder of memory should in a second. */
  markBytes: number;
  stalledMs: number;
}

/** A body should be through within a minute while others wait for the memory it holds. */
const THROUGH_SECONDS = 60;
/** How long it may stand still then. */
const STALL_MS = 1_000;
const TICK_MS = 250;

export class Pace {
  readonly #options: PaceOptions;
  readonly #connections = new Map<Socket, Watched>();
  readonly #servers = new Set<Server>();
  readonly #cut = { sender: 0, reader: 0, displaced: 0 };
  #dropped = 0;
  #crowded = false;
  #timer: NodeJS.Timeout | undefined;
  #last = 0;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Connections cut since the start: bodies and readers that were too slow, and those that made room for others. */
  get cut(): Readonly<Record<"sender" | "reader" | "displaced", number>> {
    return this.#cut;
  }

  /** Connections refused since the start because there were too many. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Until it closes. Beyond `connections`, new ones are closed unanswered, and those between two requests make room.
   */
  watch(server: Server, connections: number): void {
    this.#servers.add(server);
    server.maxConnections = connections;
    server.on("drop", () => {
      this.#dropped++;
      this.#crowded = true;
    });
    if (this.#timer === undefined) {
      this.#last = performance.now();
      this.#timer = setInterval(() => this.#tick(), Math.min(TICK_MS, this.#options.windowMs / 8)).unref();
    }
    server.once("close", () => {
      this.#servers.delete(server);
      if (this.#servers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    });
  }

  /** Called for each request before anything else is done with it. */
  begin(request: IncomingMessage): void {
    const { socket } = request;
    const known = this.#connections.get(socket);
    if (known !== undefined) {
      known.request = request;
      known.body = undefined;
      restart(known, undefined, 0);
      return;
    }
    const fresh = { turn: undefined, fromBytes: 0, waitedMs: 0, markBytes: 0, stalledMs: 0 };
    this.#connections.set(socket, { request, body: undefined, held: 0, ...fresh });
    socket.once("close", () => this.#connections.delete(socket));
  }

  /** Undefined once the connection is closed. */
  exchangeOf(request: IncomingMessage): Exchange | undefined {
    return this.#connections.get(request.socket);
  }

  #tick(): void {
    const now = performance.now();
    // A process that stood still says nothing about its clients.
    const elapsedMs = Math.min(now - this.#last, 4 * TICK_MS);
    this.#last = now;
    const stalled: [Socket, Watched][] = [];
    for (const [socket, watched] of this.#connections) {
      if (this.#isSlow(socket, watched, elapsedMs)) this.#end(socket, watched, undefined);
      else if (watched.held > 0 && watched.stalledMs >= STALL_MS) stalled.push([socket, watched]);
    }
    this.#makeRoom(stalled);
    if (this.#crowded) for (const server of this.#servers) server.closeIdleConnections();
    this.#crowded = false;
  }

  #isSlow(socket: Socket, watched: Watched, elapsedMs: number): boolean {
    const { windowMs, minimumBytesPerSecond } = this.#options;
    const turn = turnOf(socket, watched.request);
    const bytes = turn === "sends" ? socket.bytesRead : socket.bytesWritten - socket.writableLength;
    if (turn === undefined || turn !== watched.turn) {
      restart(watched, turn, bytes);
      return false;
    }
    watched.waitedMs += elapsedMs;
    watched.stalledMs += elapsedMs;
    if (bytes - watched.markBytes >= Math.max(watched.held / THROUGH_SECONDS, 1)) {
      watched.markBytes = bytes;
      watched.stalledMs = 0;
    }
    if (watched.waitedMs < windowMs) return false;
    const moved = bytes - watched.fromBytes;
    if (moved === 0 || moved < (minimumBytesPerSecond * watched.waitedMs) / 1000) return true;
    watched.fromBytes = bytes;
    watched.waitedMs = 0;
    return false;
  }

  /** Those that stand still longest go first, and no more of them than are in the way. */
  #makeRoom(stalled: [Socket, Watched][]): void {
    let { shortage } = this.#options.budget;
    if (shortage <= 0) return;
    for (const [socket, watched] of stalled.sort(([, a], [, b]) => b.stalledMs - a.stalledMs)) {
      if (shortage <= 0) return;
      shortage -= watched.held;
      this.#end(socket, watched, "displaced");
    }
  }

  /** A sender is told why, once; one that does not go then, or does not read, is cut off. */
  #end(socket: Socket, watched: Watched, reason: "displaced" | undefined): void {
    const { body, turn } = watched;
    this.#cut[reason ?? (turn === "sends" ? "sender" : "reader")]++;
    restart(watched, undefined, 0);
    if (turn === "sends" && body !== undefined && !body.destroyed) body.destroy(new S3Error("RequestTimeout"));
    else socket.destroy();
  }
}

/** Undefined while the gateway itself, or a backend, is what is waited for. */
function turnOf(socket: Socket, request: IncomingMessage): Turn {
  if (socket.writableLength > 0) return "reads";
  return !request.complete && request.readableFlowing === true ? "sends" : undefined;
}

function restart(watched: Watched, turn: Turn, bytes: number): void {
  watched.turn = turn;
  watched.fromBytes = bytes;
  watched.waitedMs = 0;
  watched.markBytes = bytes;
  watched.stalledMs = 0;
}
