/**
 * An HTTP proxy on 127.0.0.1 in front of a real server. It passes requests on unchanged (signatures stay valid, because
 * the Host header does not change) until a script tells it to hold, refuse, delay or spoil those that match.
 *
 *   const held = proxy.script({ method: "PUT", key: /^blobs/ }, { do: "hold-answer" });
 *   await held.met;       // the server has executed the PUT, and the client has no answer
 *   held.release();
 */
import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { scheduler } from "node:timers/promises";
import { type Match, matches } from "./faulty-s3-script.ts";

export type ProxyFault =
  /** Receives the whole request and passes it on after `release`, even if the client is gone by then. */
  | { readonly do: "hold" }
  /** Passes on `after` bytes of the body, and the rest after `release`. */
  | { readonly do: "hold-body"; readonly after: number }
  /** Passes on `after` bytes of the answer's body, and the rest after `release`. Dropped, the answer is cut there. */
  | { readonly do: "hold-rest"; readonly after: number }
  /** Passes the request on, and the answer after `release`. */
  | { readonly do: "hold-answer" }
  | { readonly do: "status"; readonly status: number }
  /** Delays each answer. */
  | { readonly do: "slow"; readonly ms: number }
  /** Passes bodies of answers on so many bytes late. When the server breaks off, these are dropped and the connection is reset. */
  | { readonly do: "lag"; readonly bytes: number }
  /** Changes the body of successful answers to GET. */
  | { readonly do: "spoil"; readonly change: (body: Buffer) => Buffer };

interface ProxyScript {
  /** Resolves when the first request has met the fault: where it holds, when that request is held. */
  readonly met: Promise<void>;
  /** Lets held requests go on, now and later. */
  release(): void;
  /** Applies to no further request; held ones stay held. */
  remove(): void;
}

export interface S3Proxy extends AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** Of several scripts that apply the first one set is taken. A key is the path behind its first segment, decoded. */
  script(match: Match, fault: ProxyFault): ProxyScript;
  /** Resolves when `count` more requests that match have been answered by the server. */
  answered(match: Omit<Match, "nth">, count?: number): Promise<void>;
  /** Another server stands behind it from now on. */
  leadTo(target: string): void;
  /** Removes every script and drops the requests and answers that they hold. */
  reset(): void;
}

interface Asked {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/** `target`: `http://host:port` of the server behind it. */
export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const agent = new http.Agent({ keepAlive: true });
  let behind = new URL(target);
  let scripts: RunningScript[] = [];
  const watchers = new Set<(asked: Asked) => void>();
  const server = http.createServer({ requestTimeout: 0 }, (request, response) => {
    const asked = readTarget(request);
    const script = scripts.find((each) => each.applies(asked));
    for (const end of [request, response]) end.on("error", () => {});
    passOn({ target: behind, agent, script, request, response }).then(
      () => {
        for (const watch of watchers) watch(asked);
      },
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const reset = () => {
    for (const script of scripts.splice(0)) script.discard();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    script(match, fault) {
      const script = new RunningScript(match, fault);
      scripts.push(script);
      return {
        met: script.met,
        release: () => script.release(),
        remove: () => {
          scripts = scripts.filter((each) => each !== script);
        },
      };
    },
    answered: (match, count = 1) =>
      new Promise((resolve) => {
        let left = count;
        const watch = (asked: Asked): void => {
          if (!matches(match, asked) || --left > 0) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
      }),
    leadTo(to) {
      behind = new URL(to);
    },
    reset,
    async [Symbol.asyncDispose]() {
      reset();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      agent.destroy();
    },
  };
}

class RunningScript {
  readonly fault: ProxyFault;
  readonly met: Promise<void>;
  readonly #match: Match;
  readonly #released: Promise<void>;
  meet = () => {};
  release = () => {};
  discard = () => {};
  #matched = 0;

  constructor(match: Match, fault: ProxyFault) {
    this.#match = match;
    this.fault = fault;
    this.met = new Promise((resolve) => {
      this.meet = resolve;
    });
    this.#released = new Promise((resolve, reject) => {
      this.release = resolve;
      this.discard = () => reject(new Error("dropped"));
    });
    // Nobody awaits this if the script holds nothing.
    this.#released.catch(() => {});
  }

  applies(asked: Asked): boolean {
    if (!matches(this.#match, asked)) return false;
    this.#matched++;
    return this.#match.nth === undefined || this.#match.nth === this.#matched;
  }

  /** Rejects if the held request is dropped. */
  wait(): Promise<void> {
    this.meet();
    return this.#released;
  }
}

interface Exchange {
  readonly target: URL;
  readonly agent: http.Agent;
  readonly script: RunningScript | undefined;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function passOn({ target, agent, script, request, response }: Exchange): Promise<void> {
  const fault = script?.fault;
  if (fault?.do === "status") {
    script?.meet();
    request.resume();
    response.writeHead(fault.status, { "content-length": 0, connection: "close" }).end();
    return;
  }
  const body = fault?.do === "hold" ? await buffer(request) : request;
  if (fault?.do === "hold") await script?.wait();
  const { hostname, port } = target;
  const { method, url: path, rawHeaders: headers } = request;
  const passed = http.request({ agent, hostname, port, method, path, headers, setHost: false });
  const answering = once(passed, "response") as Promise<[IncomingMessage]>;
  // Awaited below; the body may fail first.
  answering.catch(() => {});
  if (Buffer.isBuffer(body)) passed.end(body);
  else if (fault?.do === "hold-body") await pipeline(body, (chunks) => heldAfter(chunks, fault.after, script), passed);
  else await pipeline(body, passed);
  const [answer] = await answering;
  if (fault?.do === "hold-answer") await script?.wait();
  if (fault?.do === "slow") await scheduler.wait(fault.ms);
  if (fault?.do !== "hold-rest") script?.meet();
  const { statusCode = 502 } = answer;
  response.writeHead(statusCode, answer.rawHeaders);
  if (fault?.do === "spoil" && method === "GET" && statusCode < 300) response.end(fault.change(await buffer(answer)));
  else if (fault?.do === "hold-rest")
    await pipeline(answer, (chunks) => heldAfter(chunks, fault.after, script), response);
  else if (fault?.do === "lag") await passOnLate(answer, response, fault.bytes);
  else await pipeline(answer, response).catch(() => response.destroy());
}

async function passOnLate(answer: IncomingMessage, response: ServerResponse, lag: number): Promise<void> {
  response.flushHeaders();
  const held: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer) {
      held.push(chunk);
      size += chunk.length;
      while (size > lag) {
        const [first = Buffer.alloc(0)] = held.splice(0, 1);
        size -= first.length;
        if (!response.write(first)) await once(response, "drain");
      }
    }
    response.end(Buffer.concat(held));
  } catch {
    response.socket?.resetAndDestroy();
  }
}

async function* heldAfter(
  chunks: AsyncIterable<Buffer>,
  after: number,
  script: RunningScript | undefined,
): AsyncGenerator<Buffer> {
  let passed = 0;
  for await (const chunk of chunks) {
    if (passed + chunk.length > after) {
      yield chunk.subarray(0, Math.max(0, after - passed));
      await script?.wait();
      yield chunk.subarray(Math.max(0, after - passed));
    } else yield chunk;
    passed += chunk.length;
  }
}

function readTarget(request: IncomingMessage): Asked {
  const [path = "", query = ""] = (request.url ?? "").split("?", 2);
  const [, , ...key] = path.split("/");
  return {
    method: request.method ?? "",
    key: decodeURIComponent(key.join("/")),
    query: new URLSearchParams(query),
  };
}
