// A command that fails says what whoever runs it can do something about.
import { expect, it } from "vitest";
import { BackendError } from "../../src/backends/backend.ts";
import { messageOf } from "../../src/cli/message-of.ts";
import { S3Error } from "../../src/errors.ts";

const unavailable = (cause?: unknown) => new S3Error("ServiceUnavailable", {}, { cause });

it("names the store that took no bytes, and not the database", () => {
  const cause = new BackendError("toronto", "unavailable", { detail: "PUT blobs/1: connection refused" });
  expect(messageOf(unavailable(cause))).toBe("toronto: unavailable: PUT blobs/1: connection refused");
});

it("names the database where that was not there, and what looks at it", () => {
  expect(messageOf(unavailable(new Error("connect ECONNREFUSED")))).toBe(
    "the database cannot be used: connect ECONNREFUSED. nearbucket doctor looks at it",
  );
});

it("says what any other error says", () => {
  expect(messageOf(unavailable())).toBe(unavailable().message);
  expect(messageOf(new Error("there is no bucket photos"))).toBe("there is no bucket photos");
  expect(messageOf("a word")).toBe("a word");
});
