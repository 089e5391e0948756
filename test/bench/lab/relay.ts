/**
 * A TCP relay that adds the way from whoever connects: each direction of a connection has a Path. It holds back what
 * the window has no room for, so that the sender waits as it would for a client far away.
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { openPath, type Path, type PathOptions } from "./path.ts";

export interface RelayOptions {
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Where it passes everything, and as whom, by the address of who connects. */
  to(address: string): { readonly host: string; readonly port: number; readonly localAddress: string };
  /** How far that is. */
  way(address: string): Omit<PathOptions, "opensAtMs">;
}

/** A timer has whole milliseconds: what is due so soon counts as due. */
const NEAREST_MS = 0.5;

/** Resolves when it listens. */
export async function openRelay({ host, port, to, way }: RelayOptions): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const address = near.remoteAddress ?? "";
    const far = connect({ ...to(address), allowHalfOpen: true, noDelay: true });
    const options = way(address);
    const openedMs = performance.now();
    // This connection is there at once: what a handshake would take is added to the first words.
    carry(near, far, openPath({ ...options, opensAtMs: openedMs + options.rttMs }));
    carry(far, near, openPath({ ...options, opensAtMs: openedMs }));
  });
  await once(server.listen(port, host), "listening");
  return server;
}

/** Until the end of `from` has arrived, or one of them breaks. */
function carry(from: Socket, to: Socket, path: Path): void {
  let timer: NodeJS.Timeout | undefined;
  let held = false;
  let ended = false;

  const take = (atMs: number): void => {
    for (let room = path.room(atMs); room > 0; room = path.room(atMs)) {
      const chunk: Buffer | null = from.readableLength > 0 ? from.read(Math.min(room, from.readableLength)) : null;
      if (chunk === null) break;
      path.send(chunk, atMs);
    }
    // Asks for more, or for the end.
    if (from.readableLength === 0) from.read(0);
  };
  const work = (): void => {
    clearTimeout(timer);
    // Each event counts from when it was due: a late timer delays what it brings, not what follows.
    while (!held && path.next() <= performance.now() + NEAREST_MS) {
      const atMs = path.next();
      const chunk = path.pass();
      if (chunk === undefined) take(atMs);
      else if (chunk.length === 0) to.end();
      else if (!to.write(chunk)) {
        held = true;
        to.once("drain", () => {
          held = false;
          work();
        });
      }
    }
    const waitMs = path.next() - performance.now();
    if (!held && waitMs < Infinity) timer = setTimeout(work, Math.max(0, Math.round(waitMs)));
  };

  from.on("readable", () => {
    take(performance.now());
    work();
  });
  from.on("end", () => {
    ended = true;
    path.send(Buffer.alloc(0), performance.now());
    work();
  });
  from.on("error", () => to.destroy());
  from.on("close", () => {
    if (ended) return;
    clearTimeout(timer);
    to.destroy();
  });
}
