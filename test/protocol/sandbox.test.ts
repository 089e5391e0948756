import { expect, it } from "vitest";
import { sandboxPages } from "../../src/protocol/sandbox.ts";

const policyOf = (type: string | undefined) => {
  const headers: Record<string, string | undefined> = { "Content-Type": type };
  sandboxPages(headers);
  return headers["Content-Security-Policy"];
};

it.each([
  "text/html",
  "TEXT/HTML; charset=utf-8",
  "image/svg+xml",
  "application/xhtml+xml",
  "application/xml",
  "text/xml",
  "text/plain, text/html",
  "text/plain; a=b, text/html",
  "application/octet-stream;x,text/html",
  "*/*",
  "",
  "nonsense",
  undefined,
])("gives a page of type %s an origin of its own, without the console's", (type) => {
  expect(policyOf(type)).toMatch(/^sandbox\b/);
  expect(policyOf(type)).not.toContain("allow-same-origin");
});

it.each([
  "image/png",
  "video/mp4",
  "audio/ogg; codecs=opus",
  "application/pdf",
  "text/plain; charset=utf-8",
  "binary/octet-stream",
  "application/json",
])("leaves %s alone, which is never run", (type) => {
  expect(policyOf(type)).toBeUndefined();
});
