import { describe, expect, it } from "vitest";
import { RecentRedirects } from "../../src/delivery/recent-redirects.ts";

describe("the memory of recent redirects", () => {
  it("knows a request for ten seconds", () => {
    const recent = new RecentRedirects();
    recent.remember("request", 1_000);
    expect(recent.has("request", 10_999)).toBe(true);
    expect(recent.has("request", 11_000)).toBe(false);
    expect(recent.has("another", 1_000)).toBe(false);
  });

  it("takes little memory, however long the values that clients send", () => {
    const recent = new RecentRedirects();
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < 20_000; at++) recent.remember(`${at} ${"x".repeat(8_192)}`.slice(0, 8_192 + (at % 2)), 0);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
    expect(recent.has(`19999 ${"x".repeat(8_192)}`.slice(0, 8_193), 0)).toBe(true);
  });
});
