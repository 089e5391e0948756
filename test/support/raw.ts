/** Sends raw bytes on a socket and reads the answer, for requests that no client library would send. */
import { connect, type Socket } from "node:net";

export interface RawExchange {
  readonly socket: Socket;
  /** Everything received so far, as latin1 text. */
  received(): string;
  send(bytes: string | Buffer): Promise<void>;
  /** Resolves when `pattern` has been received; rejects when the connection ends first. */
  until(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Resolves when the other side has closed. */
  closed: Promise<void>;
}

export async function openRaw(port: number): Promise<RawExchange> {
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let text = "";
  const watchers = new Set<() => void>();
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    for (const watch of watchers) watch();
  });
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      resolve();
      for (const watch of watchers) watch();
    };
    socket.on("end", end).on("close", end).on("error", end);
  });
  return {
    socket,
    closed,
    received: () => text,
    send: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = () => {
          const match = pattern.exec(text);
          if (match === null && !ended) return;
          watchers.delete(watch);
          if (match === null)
            reject(new Error(`the connection ended before ${pattern}; received: ${text.slice(0, 2000)}`));
          else resolve(match);
        };
        watchers.add(watch);
        watch();
      }),
  };
}
