/** A TCP proxy in front of PostgreSQL that fails as a server or a network does. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface PostgresProxy {
  /** The database's URL through this proxy. */
  readonly url: string;
  /** The COMMIT of the next transaction with this statement reaches the server, and the connection ends unanswered. */
  cutAfterCommit(statement: string): void;
  /** The connection ends before the COMMIT of the next transaction with this statement reaches the server. */
  cutBeforeCommit(statement: string): void;
  /** Ends every connection and refuses new ones, as a server that is restarted does. */
  stop(): void;
  /** Keeps every connection open and accepts new ones, and passes nothing on. */
  stall(): void;
  /** Ends the connections that were stalled, and passes everything on again. */
  resume(): void;
  close(): Promise<void>;
}

type Mode = "passing" | "stopped" | "stalled";

export async function openPostgresProxy(url: string): Promise<PostgresProxy> {
  const target = new URL(url);
  let cut: { readonly statement: string; readonly how: "after" | "before" } | undefined;
  let mode: Mode = "passing";
  const sockets = new Set<Socket>();
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((client) => {
    if (mode === "stopped") {
      client.destroy();
      return;
    }
    const upstream = connect(Number(target.port || 5432), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let how: "after" | "before" | undefined;
    upstream.on("data", (chunk) => void (mode === "passing" && client.write(chunk)));
    client.on("data", (chunk) => {
      if (mode !== "passing") return;
      if (cut !== undefined && chunk.includes(cut.statement)) {
        how = cut.how;
        cut = undefined;
      }
      const ends = how !== undefined && chunk.includes("commit");
      if (ends && how === "before") client.destroy();
      else upstream.write(chunk, () => void (ends && client.destroy()));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const own = new URL(url);
  own.hostname = "127.0.0.1";
  own.port = String((server.address() as AddressInfo).port);
  return {
    url: own.href,
    cutAfterCommit(statement) {
      cut = { statement, how: "after" };
    },
    cutBeforeCommit(statement) {
      cut = { statement, how: "before" };
    },
    stop() {
      mode = "stopped";
      endAll();
    },
    stall() {
      mode = "stalled";
    },
    resume() {
      if (mode === "stalled") endAll();
      mode = "passing";
    },
    async close() {
      endAll();
      server.close();
      await once(server, "close");
    },
  };
}
