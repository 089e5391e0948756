import { describe, expect, it } from "vitest";
import { previewWords, questions, together } from "../../../src/console/screens/browse/actions/preview-words.ts";

const object = (key: string) => ({ kind: "object", key, size: 1, modifiedAt: "", etag: "e" }) as const;
const ONE = {
  objects: 312,
  logicalBytes: 40 * 1024 ** 3,
  freesBytes: 2 * 1024 ** 3,
  freedAt: "2026-11-28T12:00:00.000Z",
  truncated: false,
};

describe("what a deletion would do", () => {
  it("asks for up to 1,000 keys at once, and for each folder", () => {
    const entries = Array.from({ length: 1001 }, (_, index) => object(String(index)));
    const asked = questions([...entries, { kind: "folder", key: "a/" }]);
    expect(asked.map((one) => ("keys" in one ? one.keys.length : one.prefix))).toEqual([1000, 1, "a/"]);
  });

  it("tells it in one sentence", () => {
    const words = previewWords(together([ONE]));
    expect(words).toMatch(/^312 objects, 40\.0 GiB, frees 2\.00 GiB on 28 Nov 2026/);
  });

  it("does not claim to know what only two answers together would say", () => {
    const words = previewWords(together([ONE, { ...ONE, freedAt: "2026-11-29T12:00:00.000Z" }]));
    expect(words).toMatch(/^624 objects, 80\.0 GiB, frees at least 4\.00 GiB on 29 Nov 2026/);
  });

  it("says so when there is more than was counted", () => {
    expect(previewWords(together([{ ...ONE, truncated: true }]))).toMatch(
      /^More than 312 objects, more than 40\.0 GiB/,
    );
  });

  it("says why nothing is freed", () => {
    expect(previewWords(together([{ ...ONE, freesBytes: 0 }]))).toContain("other names hold the same content");
  });
});
