/**
 * A faulty S3 server on 127.0.0.1: it works correctly except for the faults that a test scripts, request by request. It
 * keeps a journal of its requests and shows its objects to tests, so that they can prove that nothing was stored or
 * that a request was never sent. It verifies no signature.
 *
 *   await using store = await startFaultyS3();
 *   store.script({ method: "PUT", nth: 2 }, { do: "status", status: 503, code: "SlowDown" });  // the second PUT only
 *   const held = store.script({ key: /^blobs\// }, { do: "hold" });  // every matching request waits for release()
 *   await held.met;  // the first of them has arrived
 *   held.release();
 *   store.corrupt(key, (bytes) => bytes.subarray(1));
 */
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Fault, type Match, matches, RunningScript, type Script } from "./faulty-s3-script.ts";
import { errorAnswer, type KeptObject, MemoryS3, md5, type S3Answer, type S3Request } from "./faulty-s3-store.ts";

export interface JournalEntry {
  readonly sequence: number;
  readonly method: string;
  /** Raw, with query. */
  readonly url: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Bytes of the body received so far. */
  readonly bodyBytes: number;
  /** The client closed the connection before the end of the answer. */
  readonly isLeft: boolean;
  /** Equal for requests on one connection. */
  readonly connection: number;
}

export async function startFaultyS3(options: { readonly bucket?: string } = {}): Promise<FaultyS3> {
  const store = new FaultyS3(options.bucket ?? "blobs");
  await store.restart();
  return store;
}

export class FaultyS3 implements AsyncDisposable {
  readonly bucket: string;
  readonly requests: JournalEntry[] = [];
  readonly #store = new MemoryS3();
  readonly #scripts: RunningScript[] = [];
  readonly #connections = new WeakMap<object, number>();
  #lastConnection = 0;
  #server: http.Server | undefined;
  #port = 0;
  #watchers: (() => void)[] = [];

  constructor(bucket: string) {
    this.bucket = bucket;
    this.#store.addBucket(bucket);
  }

  /** `http://127.0.0.1:port`; the port stays the same over `stop` and `restart`. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The bucket's objects by key. */
  get objects(): Map<string, KeptObject> {
    return this.#contents().objects;
  }

  /** Uploads in parts that are under way, as `[id, { key, parts }]`. */
  get uploads() {
    return this.#contents().uploads;
  }

  set pageSize(keys: number) {
    this.#store.pageSize = keys;
  }

  /** From now on requests that match meet the fault; of several scripts that apply the first one set is taken. */
  script(match: Match, fault: Fault): Script {
    const script = new RunningScript(match, fault, (gone) => {
      const index = this.#scripts.indexOf(gone);
      if (index >= 0) this.#scripts.splice(index, 1);
    });
    this.#scripts.push(script);
    return script;
  }

  /** Resolves when so many requests that match have come since the start. */
  async seen(match: Omit<Match, "nth">, count = 1): Promise<void> {
    while (this.requests.filter((entry) => matches(match, entry)).length < count)
      await new Promise<void>((resolve) => {
        this.#watchers.push(resolve);
      });
  }

  /** Stores an object as if it had been written. */
  keep(key: string, bytes: Buffer): void {
    this.objects.set(key, { bytes, etag: md5(bytes), modifiedAt: new Date() });
  }

  /** Changes an object's bytes behind its ETag's back. */
  corrupt(key: string, change: (bytes: Buffer) => Buffer): void {
    const object = this.objects.get(key);
    if (object === undefined) throw new Error(`no object ${key}`);
    this.objects.set(key, { ...object, bytes: change(Buffer.from(object.bytes)) });
  }

  remove(key: string): void {
    if (!this.objects.delete(key)) throw new Error(`no object ${key}`);
  }

  /** The bucket with all it held is gone: every call answers NoSuchBucket. */
  removeBucket(): void {
    this.#store.buckets.delete(this.bucket);
  }

  /** Cuts every connection and refuses new ones; what is stored stays. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  /** Listens again, on the same port. */
  async restart(): Promise<void> {
    await this.stop();
    const server = http.createServer(
      { requestTimeout: 0, keepAliveTimeout: 60_000, highWaterMark: 16 * 1024 },
      (request, response) => void this.#serve(request, response),
    );
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(this.#port, "127.0.0.1", resolve));
    this.#port = portOf(server);
    this.#server = server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const script of this.#scripts) script.release();
    await this.stop();
  }

  #contents() {
    return this.#store.buckets.get(this.bucket) ?? this.#store.addBucket(this.bucket);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = parseRequest(request);
    const entry = {
      sequence: this.requests.length + 1,
      url: request.url ?? "",
      bodyBytes: 0,
      isLeft: false,
      connection: this.#connectionOf(request),
      ...parsed,
    };
    this.requests.push(entry);
    response.once("close", () => {
      entry.isLeft = !response.writableFinished;
    });
    const script = this.#scripts.find((each) => each.applies(parsed));
    for (const wake of this.#watchers.splice(0)) wake();
    request.on("error", () => {});
    response.on("error", () => {});
    const fault = script?.fault;
    if (fault?.do === "disconnect" && fault.at === "head") return void request.socket.resetAndDestroy();
    if (fault?.do === "status" && fault.early) return send(parsed.method, response, statusAnswer(fault));
    if (fault?.do === "hold") await script?.released;
    const body = await receive(request, entry, fault, script?.released);
    if (body === undefined || fault?.do === "hang") return;
    if (fault?.do === "disconnect" && fault.at === "received") return void request.socket.resetAndDestroy();
    const made = this.#answer(parsed, body, fault);
    if (fault?.do === "hold-answer") await script?.released;
    if (fault?.do === "disconnect" && fault.at === "stored") return void request.socket.resetAndDestroy();
    if (fault?.do === "hold-body") return void (await sendSlowly(response, made, fault.after, script?.released));
    send(
      parsed.method,
      response,
      made,
      fault?.do === "disconnect" && typeof fault.at === "object" && "responseBytes" in fault.at
        ? fault.at.responseBytes
        : undefined,
    );
  }

  #answer(request: S3Request, body: Buffer, fault: Fault | undefined): S3Answer {
    if (fault?.do === "status") return statusAnswer(fault);
    if (fault?.do === "hide-error") return { ...errorAnswer(200, fault.code), status: 200 };
    if (fault?.do === "answer") return fault.make(this.#store.handle(request, body));
    if (fault?.do !== "truncate") return this.#store.handle(request, body);
    const kept = body.subarray(0, fault.keep);
    return this.#store.handle(request, body, { kept, etag: md5(fault.etagOf === "kept" ? kept : body) });
  }

  #connectionOf(request: IncomingMessage): number {
    const known = this.#connections.get(request.socket) ?? ++this.#lastConnection;
    this.#connections.set(request.socket, known);
    return known;
  }
}

function portOf(server: http.Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address.port;
}

function parseRequest(request: IncomingMessage): S3Request {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const [, bucket = "", ...key] = path.split("/");
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]),
  );
  return {
    method: request.method ?? "",
    bucket: decodeURIComponent(bucket),
    key: decodeURIComponent(key.join("/")),
    query: new URLSearchParams(query),
    headers,
  };
}

function statusAnswer(fault: Fault & { readonly do: "status" }): S3Answer {
  const made = errorAnswer(fault.status, fault.code ?? "InternalError");
  return { ...made, headers: { ...made.headers, ...fault.headers } };
}

/** The whole body; undefined when the client went away or the script cut it off. */
async function receive(
  request: IncomingMessage,
  entry: { bodyBytes: number },
  fault: Fault | undefined,
  released: Promise<void> | undefined,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  const cutAt =
    fault?.do === "disconnect" && typeof fault.at === "object" && "requestBytes" in fault.at
      ? fault.at.requestBytes
      : Number.POSITIVE_INFINITY;
  try {
    for await (const chunk of request) {
      chunks.push(chunk);
      entry.bodyBytes += chunk.length;
      if (entry.bodyBytes >= cutAt) {
        request.socket.resetAndDestroy();
        return undefined;
      }
      if (fault?.do === "stop-reading" && entry.bodyBytes >= fault.after) await released;
    }
  } catch (error) {
    if (request.destroyed) return undefined;
    throw error;
  }
  return Buffer.concat(chunks);
}

async function sendSlowly(
  response: ServerResponse,
  { status, headers, body }: S3Answer,
  after: number,
  released: Promise<void> | undefined,
): Promise<void> {
  response.writeHead(status, { "content-length": String(body.length), ...headers });
  response.write(body.subarray(0, after));
  await released;
  response.end(body.subarray(after));
}

/** `cutAfter`: only so many bytes of the body are sent, then the connection is closed. */
function send(method: string, response: ServerResponse, { status, headers, body }: S3Answer, cutAfter?: number): void {
  response.writeHead(status, { "content-length": String(body.length), "x-amz-request-id": "FAULTY", ...headers });
  if (method === "HEAD") response.end();
  else if (cutAfter === undefined) response.end(body);
  else {
    response.flushHeaders();
    response.write(body.subarray(0, cutAfter), () => response.socket?.destroy());
  }
}
