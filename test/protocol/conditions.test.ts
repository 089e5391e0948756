// The truth table of conditional requests, on reads, copies and writes.
import { describe, expect, it } from "vitest";
import { S3Error } from "../../src/errors.ts";
import {
  checkCopySourceConditions,
  checkReadConditions,
  checkWriteCondition,
  ifRangeHolds,
  readWriteCondition,
} from "../../src/protocol/conditions.ts";

const object = { etag: "abc", modifiedAt: new Date("2026-03-01T12:00:00.750Z") };
const BEFORE = "Sun, 01 Mar 2026 11:59:59 GMT";
const SAME = "Sun, 01 Mar 2026 12:00:00 GMT";
const AFTER = "Sun, 01 Mar 2026 12:00:01 GMT";

type Headers = Readonly<Record<string, string>>;

function outcome(headers: Headers): string {
  try {
    return checkReadConditions(headers, object);
  } catch (error) {
    if (error instanceof S3Error) return `${error.code} ${error.elements["Condition"]}`;
    throw error;
  }
}

const READS: readonly (readonly [Headers, string])[] = [
  [{}, "proceed"],
  [{ "if-match": '"abc"' }, "proceed"],
  [{ "if-match": "abc" }, "proceed"],
  [{ "if-match": "*" }, "proceed"],
  [{ "if-match": '"x", "abc"' }, "proceed"],
  [{ "if-match": '"x"' }, "PreconditionFailed If-Match"],
  [{ "if-none-match": '"abc"' }, "notModified"],
  [{ "if-none-match": 'W/"abc"' }, "notModified"],
  [{ "if-none-match": '"x","abc"' }, "notModified"],
  [{ "if-none-match": "*" }, "notModified"],
  [{ "if-none-match": '"x"' }, "proceed"],
  [{ "if-modified-since": BEFORE }, "proceed"],
  [{ "if-modified-since": SAME }, "notModified"],
  [{ "if-modified-since": AFTER }, "notModified"],
  [{ "if-modified-since": "yesterday" }, "proceed"],
  [{ "if-unmodified-since": BEFORE }, "PreconditionFailed If-Unmodified-Since"],
  [{ "if-unmodified-since": SAME }, "proceed"],
  [{ "if-unmodified-since": "yesterday" }, "proceed"],
  // An ETag speaks louder than a date.
  [{ "if-match": '"abc"', "if-unmodified-since": BEFORE }, "proceed"],
  [{ "if-none-match": '"x"', "if-modified-since": AFTER }, "proceed"],
  [{ "if-none-match": '"abc"', "if-modified-since": BEFORE }, "notModified"],
  [{ "if-match": '"x"', "if-none-match": '"abc"' }, "PreconditionFailed If-Match"],
  [{ "if-match": '"abc"', "if-none-match": '"abc"' }, "notModified"],
];

describe("conditions of a read", () => {
  it.each(READS)("%j: %s", (headers, expected) => {
    expect(outcome(headers)).toBe(expected);
  });
});

describe("conditions on a copy's source", () => {
  const named = (headers: Headers) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [`x-amz-copy-source-${name}`, value]));

  it.each(READS)("%j: fails unless a read would proceed", (headers, expected) => {
    const check = () => checkCopySourceConditions(named(headers), object);
    if (expected === "proceed") expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: "PreconditionFailed", status: 412 }));
  });

  it("ignore the conditions on the destination", () => {
    expect(() => checkCopySourceConditions({ "if-match": '"x"' }, object)).not.toThrow();
  });
});

describe("conditions of a write", () => {
  it("are If-Match with one ETag and If-None-Match with *", () => {
    expect(readWriteCondition({ "if-match": '"abc"' })).toEqual({ ifMatch: "abc" });
    expect(readWriteCondition({ "if-none-match": "*" })).toEqual({ ifNoneMatch: "*" });
    expect(readWriteCondition({})).toEqual({});
  });

  it("refuse both at once, by name", () => {
    expect(() => readWriteCondition({ "if-none-match": "*", "if-match": "a" })).toThrow(
      expect.objectContaining({ code: "NotImplemented" }),
    );
  });

  const codeOf = (condition: Parameters<typeof checkWriteCondition>[0], current: { etag: string } | undefined) => {
    try {
      checkWriteCondition(condition, current, "k");
      return "ok";
    } catch (error) {
      return error instanceof S3Error ? error.code : error;
    }
  };

  it("hold or fail depending on the present object", () => {
    expect(codeOf({ ifNoneMatch: "*" }, undefined)).toBe("ok");
    expect(codeOf({ ifNoneMatch: "*" }, object)).toBe("PreconditionFailed");
    expect(codeOf({ ifMatch: "abc" }, object)).toBe("ok");
    expect(codeOf({ ifMatch: "*" }, object)).toBe("ok");
    expect(codeOf({ ifMatch: "x" }, object)).toBe("PreconditionFailed");
    expect(codeOf({ ifMatch: "*" }, undefined)).toBe("NoSuchKey");
  });
});

describe("If-Range", () => {
  it.each([
    [undefined, true],
    ['"abc"', true],
    ["abc", true],
    ['"x"', false],
    [SAME, true],
    [BEFORE, false],
    ["no date", false],
  ] as const)("%s: %s", (header, holds) => {
    expect(ifRangeHolds(header, object)).toBe(holds);
  });
});
