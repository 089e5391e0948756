import { describe, expect, it } from "vitest";
import { partsOf } from "../../../src/console/upload/parts.ts";
import { matchBySize } from "../../../src/console/upload/resume.ts";

const MIB = 1024 ** 2;
const parts = partsOf(40 * MIB);

function stored(number: number, size: number, sha256: string | undefined = "ab") {
  return { number, size, etag: '"e"', sha256 };
}

describe("the parts of an unfinished upload", () => {
  it("may be this file's where number and size are those it is cut into, also with gaps and at the end", () => {
    const found = matchBySize(parts, [stored(1, 16 * MIB), stored(3, 8 * MIB)]);
    expect(found?.map(({ part }) => part)).toEqual([parts[0], parts[2]]);
  });

  it.each([
    ["nothing is stored", []],
    ["a part has another size", [stored(1, 16 * MIB), stored(2, 5 * MIB)]],
    ["there are more parts than the file has", [stored(1, 16 * MIB), stored(4, 16 * MIB)]],
    [
      "a part has no sha256",
      [stored(1, 16 * MIB), stored(2, 16 * MIB, undefined)].map((p, i) => (i ? { ...p, sha256: undefined } : p)),
    ],
  ])("are not this file's where %s", (_, listed) => {
    expect(matchBySize(parts, listed)).toBeUndefined();
  });
});
