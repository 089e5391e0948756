/** A Koa context as what the operations get: plain values, and what is made only where somebody asks for it. */
import type { Context } from "koa";
import type { Authentication } from "../auth/authenticate.ts";
import { incomingBody } from "../auth/incoming-body.ts";
import type { Log } from "../log.ts";
import type { Client, HeaderFields } from "../model.ts";
import type { ServiceCall } from "../operations/operation.ts";
import type { Address } from "../protocol/address.ts";
import type { IncomingBody } from "../protocol/incoming-body.ts";
import type { Holding } from "./holding.ts";
import { continuation } from "./server.ts";
import { whileConnected } from "./while-connected.ts";

export interface RequestCallOptions {
  readonly address: Address;
  readonly authentication: Authentication;
  readonly client: Client;
  readonly holding: Holding;
  readonly logOf: (ctx: Context) => Log;
}

/**
 * Of a class for the sake of its getters. In an object that is written out, they would give each request a hidden class
 * of its own: every look at the call becomes slow, and the request stays in memory until the old generation is
 * collected.
 */
export class RequestCall implements ServiceCall {
  readonly requestId: string;
  readonly caller: Authentication["caller"];
  readonly method: string;
  readonly query: URLSearchParams;
  /** Those that authentication believes: what a follower repeated unsigned is gone. */
  readonly headers: HeaderFields;
  readonly body: IncomingBody;
  readonly client: Client;
  readonly connection: object;
  readonly virtualHost: boolean;
  readonly #ctx: Context;
  readonly #holding: Holding;
  readonly #logOf: (ctx: Context) => Log;

  constructor(ctx: Context, { address, authentication, client, holding, logOf }: RequestCallOptions) {
    const { req, res } = ctx;
    const { caller, payload, headers } = authentication;
    this.requestId = String(ctx.state["requestId"]);
    this.caller = caller;
    this.method = ctx.method;
    this.query = address.query;
    this.headers = headers;
    this.body = incomingBody(req, {
      payload,
      headers,
      writeContinue: continuation(req, res),
      admit: (bytes, body) => {
        holding.readBy(body);
        return this.hold(bytes);
      },
    });
    this.client = client;
    this.connection = req.socket;
    this.virtualHost = address.virtualHost;
    this.#ctx = ctx;
    this.#holding = holding;
    this.#logOf = logOf;
  }

  hold(bytes: number): Promise<void> | undefined {
    return this.#holding.take(bytes, () => this.signal);
  }

  get signal(): AbortSignal {
    return whileConnected(this.#ctx.req, this.#ctx.res);
  }

  get log(): Log {
    return this.#logOf(this.#ctx);
  }
}
