/**
 * Request -> operation. The operation with the most conditions wins, whatever its position in the list; two with equal
 * conditions fail at start; a subresource without an operation is NotImplemented by name.
 */
import { S3Error } from "../errors.ts";
import type { HeaderFields } from "../model.ts";
import type { Address } from "../protocol/address.ts";
import type { AnyOperation } from "./operation.ts";
import { BUCKET_SUBRESOURCES, OBJECT_SUBRESOURCES } from "./unsupported.ts";

interface Routed {
  /** S3's name for it. */
  readonly name: string;
  readonly operation: AnyOperation;
}

/** Throws NotImplemented with the subresource's name, MethodNotAllowed. */
export type Route = (
  method: string,
  address: Pick<Address, "bucket" | "key" | "query">,
  headers: HeaderFields,
) => Routed;

type Level = "service" | "bucket" | "object";
const LEVELS: Readonly<Record<AnyOperation["on"], Level>> = {
  service: "service",
  newBucket: "bucket",
  bucket: "bucket",
  object: "object",
  storedObject: "object",
};
const SUBRESOURCES: Readonly<Record<Level, Readonly<Record<string, string>>>> = {
  service: {},
  bucket: BUCKET_SUBRESOURCES,
  object: OBJECT_SUBRESOURCES,
};

/** Throws TypeError when two operations have equal conditions. */
export function route(operations: Readonly<Record<string, AnyOperation>>): Route {
  const candidates = sortCandidates(operations);
  return (method, { bucket, key, query }, headers) => {
    const level = bucket === undefined ? "service" : key === undefined ? "bucket" : "object";
    const found = candidates.get(`${level} ${method}`)?.find(({ operation }) => matches(operation, query, headers));
    if (query.size > 0) refuseUnanswered(SUBRESOURCES[level], query, found?.operation);
    if (found === undefined) throw refusal(method, level);
    return found;
  };
}

function sortCandidates(operations: Readonly<Record<string, AnyOperation>>): ReadonlyMap<string, readonly Routed[]> {
  const byPlace = new Map<string, Routed[]>();
  const seen = new Map<string, string>();
  for (const [name, operation] of Object.entries(operations)) {
    const place = `${LEVELS[operation.on]} ${operation.method}`;
    const conditions = `${place} ${conditionsOf(operation).join(" ")}`;
    const rival = seen.get(conditions);
    if (rival !== undefined) throw new TypeError(`${name} and ${rival} answer the same requests: ${conditions}`);
    seen.set(conditions, name);
    byPlace.set(place, [...(byPlace.get(place) ?? []), { name, operation }]);
  }
  for (const routed of byPlace.values())
    routed.sort((a, b) => conditionsOf(b.operation).length - conditionsOf(a.operation).length);
  return byPlace;
}

function conditionsOf({ query = {}, header }: AnyOperation): readonly string[] {
  const names = Object.entries(query).map(([name, value]) => `?${name}=${value === true ? "*" : value}`);
  return [...names, ...(header === undefined ? [] : [header])].sort();
}

function matches({ query, header }: AnyOperation, given: URLSearchParams, headers: HeaderFields): boolean {
  if (header !== undefined && headers[header] === undefined) return false;
  if (query === undefined) return true;
  if (given.size === 0) return false;
  for (const name in query) if (query[name] === true ? !given.has(name) : given.get(name) !== query[name]) return false;
  return true;
}

function refuseUnanswered(
  subresources: Readonly<Record<string, string>>,
  query: URLSearchParams,
  found: AnyOperation | undefined,
): void {
  for (const name of query.keys()) {
    const family = Object.hasOwn(subresources, name) ? subresources[name] : undefined;
    if (family !== undefined && found?.query?.[name] === undefined)
      throw new S3Error("NotImplemented", {
        message: `${family} (?${name}) is not implemented for this method.`,
        elements: { Subresource: name },
      });
  }
}

function refusal(method: string, level: Level): S3Error {
  if (method === "POST" && level === "bucket")
    return new S3Error("NotImplemented", { message: "PostObject (an upload by HTML form) is not implemented." });
  return new S3Error("MethodNotAllowed", { elements: { Method: method, ResourceType: level.toUpperCase() } });
}
