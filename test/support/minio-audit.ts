/** MinIO's audit log, received over HTTP: every request that a MinIO answered. */
import { once } from "node:events";
import { createServer } from "node:http";

interface AuditEntry {
  readonly api: {
    readonly name: string;
    readonly bucket?: string;
    readonly object?: string;
    readonly statusCode?: number;
    readonly tx?: number;
  };
  readonly accessKey?: string;
  readonly userAgent?: string;
  readonly requestHeader?: Readonly<Record<string, string>>;
  readonly requestQuery?: Readonly<Record<string, string>>;
}

export interface AuditLog extends AsyncDisposable {
  /** Makes a MinIO tell this log: for its environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly entries: readonly AuditEntry[];
  /** The first entry that fits, now or when it comes. */
  until(fits: (entry: AuditEntry) => boolean): Promise<AuditEntry>;
}

export async function startAuditLog(): Promise<AuditLog> {
  const entries: AuditEntry[] = [];
  const watchers = new Set<() => void>();
  const server = createServer(async (request, reply) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    // One JSON document a request, or several one behind the other when they were queued.
    for (const line of text.split("\n")) if (line.trim() !== "") entries.push(JSON.parse(line) as AuditEntry);
    reply.end();
    for (const watch of watchers) watch();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    env: {
      MINIO_AUDIT_WEBHOOK_ENABLE_TEST: "on",
      MINIO_AUDIT_WEBHOOK_ENDPOINT_TEST: `http://127.0.0.1:${address.port}/`,
    },
    entries,
    until: (fits) =>
      new Promise((resolve) => {
        const watch = (): void => {
          const entry = entries.find(fits);
          if (entry === undefined) return;
          watchers.delete(watch);
          resolve(entry);
        };
        watchers.add(watch);
        watch();
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
