/** Sends a prepared request over node:http exactly as it is, and returns the answer. Used through sign.ts. */
import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";

/** What goes on the wire. Everything may be changed before `send`. */
export interface PreparedRequest {
  method: string;
  /** Path and query, raw. */
  target: string;
  headers: [name: string, value: string][];
  /** Wire bytes: for the chunked forms with their framing. */
  body: Buffer | AsyncIterable<Buffer>;
  expectContinue: boolean;
  cutAfter: number | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** `<Code>` of an error document, if there is one. */
  readonly code: string | undefined;
  /** The server asked for the body. */
  readonly sawContinue: boolean;
  /** Bytes of the wire body handed to the socket. */
  readonly bytesSent: number;
}

/** Rejects when the connection breaks before a whole answer came. Redirects are not followed. */
export async function send(endpoint: string, prepared: PreparedRequest): Promise<Answer> {
  const { hostname, port } = new URL(endpoint);
  const client = httpRequest({
    agent: false,
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port,
    method: prepared.method,
    path: prepared.target,
    setHost: false,
    headers: prepared.headers.flatMap(([name, value]) => [name, Buffer.from(value).toString("latin1")]),
  });
  const progress = { sawContinue: false, bytesSent: 0 };
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    client.once("response", resolve);
    client.once("error", reject);
  });
  const written = writeBody(client, prepared, progress);
  try {
    const response = await Promise.race([answered, written.then(() => answered)]);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = body.toString();
    const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
    return { status: response.statusCode ?? 0, headers: response.headers, body, text, code, ...progress };
  } finally {
    client.destroy();
  }
}

async function writeBody(
  client: ClientRequest,
  prepared: PreparedRequest,
  progress: { sawContinue: boolean; bytesSent: number },
): Promise<void> {
  client.once("continue", () => {
    progress.sawContinue = true;
  });
  if (prepared.expectContinue) {
    const over = new AbortController();
    client.flushHeaders();
    const first = await Promise.race(
      ["continue", "response", "error", "close"].map((name) =>
        once(client, name, { signal: over.signal }).then(() => name),
      ),
    ).finally(() => over.abort());
    if (first !== "continue") return;
  }
  client.on("error", () => {});
  for await (const chunk of Buffer.isBuffer(prepared.body) ? [prepared.body] : prepared.body) {
    if (client.destroyed) return;
    const room =
      prepared.cutAfter === undefined ? chunk.length : Math.min(chunk.length, prepared.cutAfter - progress.bytesSent);
    if (room > 0) {
      await new Promise<void>((resolve) => client.write(chunk.subarray(0, room), () => resolve()));
      progress.bytesSent += room;
    }
    if (prepared.cutAfter !== undefined && progress.bytesSent >= prepared.cutAfter) {
      client.destroy(new Error("the test cut the connection"));
      return;
    }
  }
  client.end();
}
