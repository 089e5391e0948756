import { expect, it } from "vitest";
import { Pace } from "../../src/backends/pace.ts";

const KIB = 1024;
const MIB = KIB * KIB;
const seconds = (pace: Pace, bytes = MIB) => Math.round(pace.transitMs(bytes)) / 1000;

it("bytes on their way have the time that a line of 256 KiB a second needs, while nothing is known", () => {
  const pace = new Pace();
  expect([0, 64 * KIB, MIB, 4 * MIB, 4096 * MIB].map((bytes) => seconds(pace, bytes))).toEqual([0, 0.25, 4, 16, 16]);
});

it("a faster write shortens it, a slower one does not lengthen it", () => {
  const pace = new Pace();
  pace.took(100 * MIB, 10_000);
  expect(seconds(pace)).toBe(0.4);
  pace.took(MIB, 60_000);
  pace.took(0, 0);
  expect(seconds(pace)).toBe(0.4);
});

it("each trial that stood still doubles it, down to a line of 64 KiB a second", () => {
  const pace = new Pace();
  const found = Array.from({ length: 4 }, () => {
    pace.doubt();
    return seconds(pace);
  });
  expect(found).toEqual([8, 16, 16, 16]);
});
