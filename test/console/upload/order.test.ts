import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstBatch } from "../../../src/console/upload/batches.ts";
import { MAX_SENDING, nextTurn, type Sendable, stepOf } from "../../../src/console/upload/order.ts";
import { partsOf } from "../../../src/console/upload/parts.ts";

const MIB = 1024 ** 2;

interface Sent {
  readonly size?: number;
  readonly stored?: readonly number[];
  readonly flying?: readonly number[];
  readonly needsUpload?: boolean;
  readonly isBetweenParts?: boolean;
  readonly heldUntilMs?: number;
}

function sendable({ size = 40 * MIB, stored = [], flying = [], ...rest }: Sent): Sendable {
  return {
    parts: partsOf(size),
    needsUpload: false,
    isBetweenParts: false,
    heldUntilMs: 0,
    isStored: (part) => stored.includes(part),
    isFlying: (part) => flying.includes(part),
    ...rest,
  };
}

describe("what is sent next", () => {
  it.each<[string, Sent, string | undefined, number?]>([
    ["opens the upload of a file in parts", { needsUpload: true }, "open"],
    ["begins with the first part", {}, "send", 1],
    ["takes the part that neither stands nor is on its way", { stored: [2], flying: [1] }, "send", 3],
    ["completes what has all parts", { stored: [1, 2, 3] }, "complete"],
    ["waits for the last part on its way", { stored: [1, 2], flying: [3] }, undefined],
    ["waits while an upload is opened or completed", { stored: [1, 2, 3], isBetweenParts: true }, undefined],
    ["leaves a file alone that is held after a fault", { heldUntilMs: 1001 }, undefined],
    ["comes back to it when that time is over", { heldUntilMs: 1000 }, "send", 1],
    ["sends an empty file as one part", { size: 0 }, "send", 1],
  ])("%s", (_, item, kind, part) => {
    const step = stepOf(sendable(item), 1000);
    expect(step?.kind).toBe(kind);
    expect(step?.kind === "send" ? step.part.number : undefined).toBe(part);
  });

  it("is the next part of the first file; with none free there, the next file's", () => {
    const [busy, free] = [sendable({ stored: [1, 2], flying: [3] }), sendable({})];
    expect(nextTurn([free, busy], 0, 0)?.item).toBe(free);
    expect(nextTurn([busy, free], 0, 0)?.item).toBe(free);
    expect(nextTurn([busy], 0, 0)).toBeUndefined();
  });

  it("is nothing while four are on their way", () => {
    expect(nextTurn([sendable({})], MAX_SENDING - 1, 0)).toBeDefined();
    expect(nextTurn([sendable({})], MAX_SENDING, 0)).toBeUndefined();
  });
});

describe("what is claimed together", () => {
  it("is at most 1,000 files", () => {
    expect(
      firstBatch(
        Array.from({ length: 2500 }, () => 1),
        (bytes) => bytes,
      ),
    ).toHaveLength(1000);
  });

  it("is at least one file, and as many as fit into the document", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1024 ** 2), { minLength: 1 }), (sizes) => {
        const batch = firstBatch(sizes, (bytes) => bytes);
        const sum = batch.reduce((total, bytes) => total + bytes, 0);
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length === 1 || sum <= 900 * 1024).toBe(true);
        expect(batch.length === sizes.length || sum + (sizes[batch.length] ?? 0) > 900 * 1024).toBe(true);
      }),
    );
  });
});
