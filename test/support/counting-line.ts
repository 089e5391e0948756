/** A TCP line on 127.0.0.1 to a server, which counts what passes: headers and bodies, whatever they claim. */
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

export interface CountingLine extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Bytes that clients have sent since the last call of `sent`. */
  sent(): number;
  /** Bytes that clients have received since the last call of `received`. */
  received(): number;
}

/** `target`: `http://host:port`. */
export async function startCountingLine(target: string): Promise<CountingLine> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const counts = { sent: 0, received: 0 };
  const take = (way: keyof typeof counts): number => {
    const counted = counts[way];
    counts[way] = 0;
    return counted;
  };
  const server = createServer((client) => {
    const far = connect(Number(port), hostname);
    client.on("data", (chunk) => {
      counts.sent += chunk.length;
    });
    far.on("data", (chunk) => {
      counts.received += chunk.length;
    });
    for (const [end, other] of [
      [client, far],
      [far, client],
    ] as const) {
      sockets.add(end);
      end.pipe(other);
      end.on("error", () => {});
      end.on("close", () => {
        sockets.delete(end);
        other.destroy();
      });
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    sent: () => take("sent"),
    received: () => take("received"),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
