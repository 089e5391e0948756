import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type State, WORDS } from "../../../src/console/upload/states.ts";
import { type Counted, percentOf, totalsOf } from "../../../src/console/upload/totals.ts";
import { progressOf, summaryOf } from "../../../src/console/upload/words.ts";

const MIB = 1024 ** 2;

function file(state: State, size: number, rest: Partial<Counted> = {}): Counted {
  return { state, size, sent: 0, stood: 0, hashed: 0, ...rest };
}

describe("the sum of all files", () => {
  it("counts linked bytes as settled, not as sent", () => {
    const totals = totalsOf([file("linked", 100), file("done", 50, { sent: 50 }), file("uploading", 40, { sent: 10 })]);
    expect(totals).toMatchObject({ bytes: 190, settled: 160, sentBytes: 60, linkedBytes: 100, toSend: 30, over: 2 });
  });

  it("counts parts that stood as settled, not as sent", () => {
    expect(totalsOf([file("uploading", 100, { stood: 60, sent: 20 })])).toMatchObject({
      settled: 80,
      sentBytes: 20,
      stoodBytes: 60,
      toSend: 20,
    });
  });

  it("leaves cancelled files out of what is to be done", () => {
    expect(totalsOf([file("cancelled", 100, { sent: 30 }), file("done", 10, { sent: 10 })])).toMatchObject({
      bytes: 10,
      settled: 10,
      toSend: 0,
      cancelled: 1,
      sentBytes: 40,
    });
  });

  it("never says 100 % before all is settled, and never more", () => {
    const counted = fc.record({
      state: fc.constantFrom(...(Object.keys(WORDS) as State[])),
      size: fc.nat(1000),
      sent: fc.nat(500),
      stood: fc.nat(500),
      hashed: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(counted), (files) => {
        const totals = totalsOf(files);
        const percent = percentOf(totals);
        expect(percent).toBeLessThanOrEqual(100);
        if (percent === 100 && totals.bytes > 0) expect(totals.settled).toBe(totals.bytes);
      }),
    );
  });

  it("of empty files goes by their number", () => {
    expect(percentOf(totalsOf([file("done", 0), file("waiting", 0)]))).toBe(50);
    expect(percentOf(totalsOf([]))).toBe(0);
  });
});

describe("the words for it", () => {
  it("tell at the end what was there already, what was sent and what failed", () => {
    const files = [
      ...Array.from({ length: 287 }, () => file("linked", 4 * MIB)),
      ...Array.from({ length: 13 }, () => file("done", 3 * MIB, { sent: 3 * MIB })),
    ];
    expect(summaryOf(totalsOf(files))).toBe("300 files: 287 already stored (1.12 GiB not sent), 13 sent (39.0 MiB)");
    expect(summaryOf(totalsOf([file("failed", 1), file("done", MIB, { sent: MIB / 2, stood: MIB / 2 })]))).toBe(
      "2 files: 1 sent (512 KiB, 512 KiB were there from before), 1 failed",
    );
  });

  it("tell on the way how fast it goes and how long it takes", () => {
    const totals = totalsOf([file("uploading", 100 * MIB, { sent: 42 * MIB }), file("waiting", 0)]);
    expect(progressOf(totals, 2 * MIB, 29)).toBe("42 % · 2.00 MiB/s · about 29 s left");
    expect(progressOf(totals, undefined, undefined)).toBe("42 %");
    expect(progressOf(totalsOf([file("hashing", MIB)]), undefined, undefined)).toBe("0 % · 1.00 MiB to be read");
  });
});
