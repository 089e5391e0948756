/**
 * Conditional requests as S3 evaluates them: RFC 7232's precedence, times in whole seconds, ETags with or without
 * quotes, unreadable dates ignored. Pure. The caller must have checked access before, because the answer tells that an
 * object exists.
 */
import { notImplemented, S3Error } from "../errors.ts";
import type { HeaderFields, WriteCondition } from "../model.ts";
import { namesEtag, unquote } from "./etag.ts";

/** What a condition is held against. */
export interface Validators {
  readonly etag: string;
  readonly modifiedAt: Date;
}

/** The four conditions, by the names they have on a read or on a copy's source. */
interface ConditionHeaders {
  readonly ifMatch: string;
  readonly ifNoneMatch: string;
  readonly ifModifiedSince: string;
  readonly ifUnmodifiedSince: string;
}

const READ: ConditionHeaders = {
  ifMatch: "if-match",
  ifNoneMatch: "if-none-match",
  ifModifiedSince: "if-modified-since",
  ifUnmodifiedSince: "if-unmodified-since",
};

const COPY_SOURCE: ConditionHeaders = {
  ifMatch: "x-amz-copy-source-if-match",
  ifNoneMatch: "x-amz-copy-source-if-none-match",
  ifModifiedSince: "x-amz-copy-source-if-modified-since",
  ifUnmodifiedSince: "x-amz-copy-source-if-unmodified-since",
};

/** "notModified": answer 304. Throws PreconditionFailed, which names the condition. */
export function checkReadConditions(headers: HeaderFields, object: Validators): "proceed" | "notModified" {
  return evaluate(headers, READ, object);
}

/** A copy is never answered with 304: a condition that does not hold is PreconditionFailed. */
export function checkCopySourceConditions(headers: HeaderFields, source: Validators): void {
  if (evaluate(headers, COPY_SOURCE, source) === "notModified")
    throw preconditionFailed("x-amz-copy-source-If-None-Match");
}

function evaluate(headers: HeaderFields, names: ConditionHeaders, object: Validators): "proceed" | "notModified" {
  const ifMatch = headers[names.ifMatch];
  const ifUnmodifiedSince = headers[names.ifUnmodifiedSince];
  if (ifMatch !== undefined) {
    if (!namesEtag(ifMatch, object.etag)) throw preconditionFailed("If-Match");
  } else if (ifUnmodifiedSince !== undefined && isModifiedSince(object, ifUnmodifiedSince) === true)
    throw preconditionFailed("If-Unmodified-Since");
  const ifNoneMatch = headers[names.ifNoneMatch];
  if (ifNoneMatch !== undefined) return namesEtag(ifNoneMatch, object.etag) ? "notModified" : "proceed";
  const ifModifiedSince = headers[names.ifModifiedSince];
  return ifModifiedSince !== undefined && isModifiedSince(object, ifModifiedSince) === false
    ? "notModified"
    : "proceed";
}

// Undefined when the date cannot be read: the condition then counts as absent.
function isModifiedSince({ modifiedAt }: Validators, text: string): boolean | undefined {
  const since = Date.parse(text);
  return Number.isNaN(since) ? undefined : Math.floor(modifiedAt.getTime() / 1000) > Math.floor(since / 1000);
}

/** Whether a Range may be honoured: If-Range names this very object, or is absent. */
export function ifRangeHolds(ifRange: string | undefined, object: Validators): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"') || !/\s/.test(ifRange)) return unquote(ifRange) === object.etag;
  return isModifiedSince(object, ifRange) === false;
}

/** If-Match and If-None-Match of a write. S3 knows no other condition there, and of If-None-Match only `*`. */
export function readWriteCondition(headers: HeaderFields): WriteCondition {
  const ifMatch = headers["if-match"];
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== "*") throw notImplemented("If-None-Match");
  if (ifMatch !== undefined && ifNoneMatch !== undefined) throw notImplemented("If-None-Match");
  return {
    ...(ifMatch !== undefined && { ifMatch: unquote(ifMatch) }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: "*" }),
  };
}

/**
 * Checks a write's condition against the current object before any byte is sent. The writing transaction checks again.
 */
export function checkWriteCondition(
  condition: WriteCondition,
  current: { readonly etag: string } | undefined,
  key: string,
): void {
  if (condition.ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed("If-None-Match");
  if (condition.ifMatch === undefined) return;
  if (current === undefined) throw new S3Error("NoSuchKey", { elements: { Key: key } });
  if (condition.ifMatch !== "*" && condition.ifMatch !== current.etag) throw preconditionFailed("If-Match");
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", { elements: { Condition: condition } });
}
