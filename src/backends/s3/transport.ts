/**
 * Signed requests on kept-alive connections: what the hot calls of an S3 backend are made of.
 * Signed by hand with UNSIGNED-PAYLOAD: a request costs a fifth of what the SDK takes for it.
 */
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import { amzDate, scopeOf, sign, UNSIGNED_PAYLOAD } from "../../signature-v4.ts";
import { BackendError } from "../backend.ts";
import type { StopSignal } from "../stop-signal.ts";
import type { S3Address } from "./address.ts";
import { parseErrorDocument, verdictOf } from "./faults.ts";

export interface TransportOptions {
  readonly backend: string;
  readonly address: S3Address;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly signingRegion: string;
  /** For https; node's own unless told. */
  readonly secureContext?: SecureContext | undefined;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
}

export interface S3Call {
  readonly method: "GET" | "HEAD" | "PUT" | "DELETE";
  /** Encoded. */
  readonly path: string;
  /** Encoded and in canonical order, without "?"; may be empty. */
  readonly query: string;
  /** Alternating names and values, not signed. */
  readonly headers: readonly string[];
  /** For `ask`; its length stands in the headers. */
  readonly body?: Buffer;
}

/** Idle connections are given up before a store or a balancer in between does so unseen. */
const IDLE_MS = 15_000;
const ANSWER_LIMIT = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export class S3Transport {
  readonly options: TransportOptions;
  readonly #agent: http.Agent;
  /** Keeps nothing: each request gets a connection of its own. */
  readonly #freshAgent: http.Agent;
  readonly #request: typeof http.request;
  #second = 0;
  #timestamp = "";
  #scope = "";

  constructor(options: TransportOptions) {
    this.options = options;
    const { secure } = options.address;
    const Agent = secure ? https.Agent : http.Agent;
    // One context for all connections: a CA's file would be parsed again for each of them.
    const context = options.secureContext && { secureContext: options.secureContext };
    this.#agent = new Agent({ keepAlive: true, scheduling: "lifo", maxFreeSockets: 128, timeout: IDLE_MS, ...context });
    this.#freshAgent = new Agent({ keepAlive: false, ...context });
    this.#request = secure ? https.request : http.request;
  }

  /**
   * A signed request whose body was not sent yet. `fresh`: on a connection of its own instead of a kept one. Its errors
   * must be listened for.
   */
  start(call: S3Call, fresh = false): Attempt {
    const { address, accessKeyId, secretAccessKey, connectTimeoutMs } = this.options;
    this.#tick();
    const signature = sign(secretAccessKey, this.#timestamp, this.#scope, {
      method: call.method,
      path: call.path,
      query: call.query,
      headers: [
        ["host", address.host],
        ["x-amz-content-sha256", UNSIGNED_PAYLOAD],
        ["x-amz-date", this.#timestamp],
      ],
      payload: UNSIGNED_PAYLOAD,
    });
    const request = this.#request({
      host: address.hostname,
      port: address.port,
      agent: fresh ? this.#freshAgent : this.#agent,
      method: call.method,
      path: call.query === "" ? call.path : `${call.path}?${call.query}`,
      headers: [
        "Host",
        address.host,
        "X-Amz-Date",
        this.#timestamp,
        "X-Amz-Content-Sha256",
        UNSIGNED_PAYLOAD,
        "Authorization",
        `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${this.#scope}, ` +
          `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
        ...call.headers,
      ],
    });
    return new Attempt(request, address.secure ? "secureConnect" : "connect", connectTimeoutMs);
  }

  /**
   * Sends a request, with a small body or none, and resolves with the head of the answer, whatever its status; the
   * answer's body must be read or resumed.
   */
  ask(call: S3Call, signal?: StopSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => this.#send(call, signal, false, resolve, reject));
  }

  #send(
    call: S3Call,
    signal: StopSignal | undefined,
    fresh: boolean,
    resolve: (response: IncomingMessage) => void,
    reject: (error: BackendError) => void,
  ): void {
    if (signal?.aborted === true) {
      reject(this.unavailable(`${call.method} given up`, signal.reason));
      return;
    }
    const attempt = this.start(call, fresh);
    const { request } = attempt;
    const { responseTimeoutMs } = this.options;
    const timer = setTimeout(
      () => request.destroy(new Error(`no answer within ${responseTimeoutMs} ms`)),
      responseTimeoutMs,
    );
    const abort = () =>
      request.destroy(
        signal?.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal?.reason }),
      );
    signal?.addEventListener("abort", abort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    request.once("response", (response) => {
      settle();
      resolve(response);
    });
    request.on("error", (error) => {
      settle();
      // The store may have closed a kept connection at the moment it was used again. The call is harmless to repeat.
      if (attempt.isStale(error)) this.#send(call, signal, true, resolve, reject);
      else reject(this.unavailable(call.method, error));
    });
    request.end(call.body);
  }

  /** The body of an answer that should be short, as text. Rejects when it is cut or longer than 64 KiB. */
  async readShort(response: IncomingMessage): Promise<string> {
    return (await this.readBytes(response, ANSWER_LIMIT)).toString("utf8");
  }

  /** The body of an answer. Rejects when it is cut or longer than `limit`, and when `signal` aborts. */
  readBytes(response: IncomingMessage, limit: number, signal?: StopSignal): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const timer = setTimeout(() => response.destroy(new Error("the answer stalled")), this.options.responseTimeoutMs);
      const abort = () => response.destroy(new Error("the answer is not needed", { cause: signal?.reason }));
      signal?.addEventListener("abort", abort, { once: true });
      if (signal?.aborted) abort();
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > limit) response.destroy(new Error(`an answer of more than ${limit} bytes`));
      });
      response.on("end", () => {
        settle();
        const [first = NOTHING] = chunks;
        resolve(chunks.length <= 1 ? first : Buffer.concat(chunks, size));
      });
      response.on("error", (error) => {
        settle();
        reject(this.cut("the answer was cut", error));
      });
    });
  }

  /** What an answer that is no success means; reads its body. */
  async failure(response: IncomingMessage, what: string): Promise<BackendError> {
    const status = response.statusCode ?? 0;
    const text = response.headers["content-length"] === "0" ? "" : await this.readShort(response);
    return this.errorOf(status, text, what);
  }

  /** `status` 500 for an `<Error>` inside a 200. */
  errorOf(status: number, text: string, what: string): BackendError {
    const told = parseErrorDocument(text);
    const { fault, isSuspicion } = verdictOf(status, told?.code, told?.message);
    return new BackendError(this.options.backend, fault, {
      isSuspicion,
      detail: `${what}: ${status} ${told?.code ?? ""} ${told?.message ?? ""}`.trimEnd(),
    });
  }

  unavailable(what: string, cause: unknown, isCut = false): BackendError {
    if (cause instanceof BackendError) return cause;
    return new BackendError(this.options.backend, "unavailable", {
      cause,
      detail: cause instanceof Error ? `${what}: ${cause.message}` : what,
      isCut,
    });
  }

  /** An answer that broke off. */
  cut(what: string, cause: unknown): BackendError {
    return this.unavailable(what, cause, true);
  }

  corrupt(detail: string): BackendError {
    return new BackendError(this.options.backend, "corrupt", { detail });
  }

  close(): void {
    this.#agent.destroy();
    this.#freshAgent.destroy();
  }

  #tick(): void {
    const second = Math.floor(Date.now() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#timestamp = amzDate(new Date(second * 1000));
    this.#scope = scopeOf(this.#timestamp, this.options.signingRegion);
  }
}

const CUT = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/**
 * A request on its way: bounds the time its connection takes, and knows whether that connection was dead before it
 * answered.
 */
export class Attempt {
  readonly request: ClientRequest;
  #socket: Socket | undefined;
  #bytesBefore = 0;

  constructor(request: ClientRequest, connected: "connect" | "secureConnect", connectTimeoutMs: number) {
    this.request = request;
    request.once("socket", (socket) => {
      this.#socket = socket;
      this.#bytesBefore = socket.bytesRead;
      if (!socket.connecting) return;
      const timer = setTimeout(
        () => request.destroy(new Error(`no connection within ${connectTimeoutMs} ms`)),
        connectTimeoutMs,
      );
      const stop = () => clearTimeout(timer);
      socket.once(connected, stop).once("close", stop);
    });
  }

  /** Did a kept connection turn out to be closed before anything came back on it? */
  isStale(error: Error): boolean {
    return (
      this.request.reusedSocket &&
      "code" in error &&
      typeof error.code === "string" &&
      CUT.has(error.code) &&
      this.#socket?.bytesRead === this.#bytesBefore
    );
  }
}
