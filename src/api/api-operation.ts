/**
 * The contract of a call under `/-/api/v1`: where it stands, who may make it, the shapes of what goes in and comes out,
 * and what it does. http/api.ts reads and checks a request before `handle` sees it.
 */
import type { z } from "zod";
import type { Account, Client, HeaderFields, KeyScope, RedirectMode } from "../model.ts";
import type { ApiServices } from "./services.ts";

/** anyone: no signature is asked for. caller: any access key. operator: an unlimited key of the root account. */
export type Access = "anyone" | "caller" | "operator";

export interface ApiCaller {
  readonly account: Account;
  readonly accessKeyId: string;
  readonly scope: KeyScope;
  /** The access key's own redirect mode, if it has one. */
  readonly redirect: RedirectMode | undefined;
  /** When what was proven ends; undefined: no end is known. */
  readonly until: Date | undefined;
  readonly isOperator: boolean;
  /** The key that signed in, where this one is a session. */
  readonly sessionOf: string | undefined;
}

export interface ApiCall<Query, Body, Caller> {
  readonly requestId: string;
  readonly caller: Caller;
  /** The `{names}` of the path. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  readonly client: Client;
  readonly headers: HeaderFields;
  /** Aborts when the client goes before it has its answer. */
  readonly signal: AbortSignal;
  /** Adds to the call's line in the audit log; never a secret. */
  readonly note: (facts: Readonly<Record<string, unknown>>) => void;
}

/** What a handler returns for a document: times may be Dates, and what is absent may be undefined. */
export type Answer<T> = T extends string
  ? string extends T
    ? T | Date
    : T
  : T extends readonly (infer U)[]
    ? readonly Answer<U>[]
    : T extends object
      ? { readonly [K in keyof T]: Answer<T[K]> }
      : T;

type Method = "GET" | "POST" | "PATCH" | "DELETE";

interface Shapes<Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType> {
  readonly method: Method;
  /** Behind `/-/api/v1`, with `{names}`. */
  readonly path: `/${string}`;
  /** A sentence for the OpenAPI document. */
  readonly summary: string;
  readonly query?: Q;
  readonly body?: B;
  /** 200 unless given, and 204 without an answer. */
  readonly status?: 201 | 202;
  readonly answer?: A;
}

export interface ApiOperation extends Shapes<z.ZodObject, z.ZodType, z.ZodType> {
  readonly access: Access;
  handle(call: ApiCall<never, never, never>, services: ApiServices): Promise<unknown>;
}

type CallerOf<X extends Access> = X extends "anyone" ? ApiCaller | undefined : ApiCaller;

/** Checks, at compile time, that a handler fits the shapes. */
export function apiOperation<
  X extends Access,
  A extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodObject = z.ZodObject<Record<never, never>>,
  B extends z.ZodType = z.ZodUndefined,
>(
  operation: Shapes<Q, B, A> & {
    readonly access: X;
    handle(call: ApiCall<z.output<Q>, z.output<B>, CallerOf<X>>, services: ApiServices): Promise<Answer<z.output<A>>>;
  },
): ApiOperation {
  return operation;
}
