import { describe, expect, it } from "vitest";
import { backOffMs } from "../../src/upkeep/back-off.ts";

describe("backOffMs", () => {
  it("doubles up to an hour", () => {
    expect([0, 1, 2, 3, 20, 5_000].map((attempts) => backOffMs(attempts, () => 1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 3_600_000, 3_600_000,
    ]);
  });

  it("spreads between half and all of it", () => {
    expect(backOffMs(2, () => 0)).toBe(2_000);
    expect(backOffMs(2, () => 0.5)).toBe(3_000);
  });
});
