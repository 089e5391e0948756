import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPassing, pauseMs, readRetryAfter } from "../../../src/console/upload/retries.ts";

const BUSY = { code: "SlowDown", status: 503 };

describe("trying again", () => {
  it.each([
    ["a line that broke", { code: "Offline", status: 0 }, true],
    ["a gateway that is busy", BUSY, true],
    ["a fault of the gateway's own", { code: "InternalError", status: 500 }, true],
    ["a body that came too slowly", { code: "RequestTimeout", status: 400 }, true],
    ["a refusal", { code: "AccessDenied", status: 403 }, false],
    ["a bucket that is gone", { code: "NoSuchBucket", status: 404 }, false],
    ["a body that is not what was signed", { code: "XAmzContentSHA256Mismatch", status: 400 }, false],
    ["what is not served", { code: "NotImplemented", status: 501 }, false],
    ["what was stopped here", { code: "Aborted", status: 0 }, false],
    ["a file that cannot be read", { code: "Unreadable", status: 0 }, false],
  ])("after %s", (_, refusal, passes) => {
    expect(isPassing(refusal)).toBe(passes);
    expect(pauseMs(refusal, 1, 0.5) !== undefined).toBe(passes);
  });

  it("waits longer each time, a minute at most, and gives up after ten times", () => {
    const pauses = Array.from({ length: 10 }, (_, index) => pauseMs(BUSY, index + 1, 0.999));
    expect(pauses.map((pause) => pause && Math.round(pause / 1000))).toEqual([
      1,
      2,
      4,
      8,
      16,
      32,
      60,
      60,
      60,
      undefined,
    ]);
  });

  it("never comes before the time that the server named, nor before half of its own", () => {
    fc.assert(
      fc.property(
        fc.nat(300),
        fc.integer({ min: 1, max: 9 }),
        fc.float({ max: 1, min: 0, maxExcluded: true, noNaN: true }),
        (seconds, tries, random) => {
          const pause = pauseMs({ ...BUSY, retryAfterSeconds: seconds }, tries, random) ?? 0;
          expect(pause).toBeGreaterThanOrEqual(seconds * 1000);
          expect(pause).toBeGreaterThanOrEqual(Math.min(500 * 2 ** (tries - 1), 30_000));
        },
      ),
    );
  });

  it.each([
    [null, undefined],
    ["7", 7],
    ["Fri, 27 Nov 2026 12:00:30 GMT", 30],
    ["Fri, 27 Nov 2026 11:00:00 GMT", 0],
    ["soon", undefined],
  ])("reads Retry-After %s as %s seconds", (header, seconds) => {
    expect(readRetryAfter(header, new Date("2026-11-27T12:00:00Z"))).toBe(seconds);
  });
});
