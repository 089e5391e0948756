import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInParts, MAX_OBJECT_BYTES, partSize, partsOf } from "../../../src/console/upload/parts.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const sizes = fc.oneof(
  fc.integer({ min: 0, max: 200 * MIB }),
  fc.integer({ min: 0, max: 5 * GIB * 4 }),
  fc.integer({ min: 0, max: MAX_OBJECT_BYTES }),
);

describe("the parts of a file", () => {
  it.each([
    [0, 16 * MIB, 1],
    [16 * MIB, 16 * MIB, 1],
    [16 * MIB + 1, 16 * MIB, 2],
    [5 * GIB + 1, 16 * MIB, 321],
    [160_000 * MIB, 16 * MIB, 10_000],
    [160_000 * MIB + 1, 32 * MIB, 5001],
    [MAX_OBJECT_BYTES, GIB, 5120],
  ])("of %i bytes are of %i bytes, %i of them", (size, part, count) => {
    expect(partSize(size)).toBe(part);
    expect(partsOf(size)).toHaveLength(count);
  });

  it("keep S3's limits and leave no byte out, whatever the size", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const parts = partsOf(size);
        expect(parts.length).toBeGreaterThan(0);
        expect(parts.length).toBeLessThanOrEqual(10_000);
        expect(parts.at(-1)?.to).toBe(size);
        for (const [index, { number, from, to }] of parts.entries()) {
          if (number !== index + 1 || from !== (parts[index - 1]?.to ?? 0)) throw new Error(`a gap at ${index}`);
          if (to - from > 5 * GIB) throw new Error(`part ${number} is too large`);
          if (index < parts.length - 1 && to - from < 5 * MIB) throw new Error(`part ${number} is too small`);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("are more than one exactly where the file is sent in parts", () => {
    fc.assert(
      fc.property(sizes, (size) => isInParts(size) === partsOf(size).length > 1),
      { numRuns: 50 },
    );
  });
});
