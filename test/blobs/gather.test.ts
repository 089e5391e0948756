import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gather } from "../../src/blobs/gather.ts";

const MIB = 1024 ** 2;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe("the pieces of a body", () => {
  it("become the body, however it was cut", () => {
    const property = fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), fc.nat(1000), (pieces, more) => {
      const body = Buffer.concat(pieces);
      const gathered = gather(body.length + more);
      for (const piece of pieces) gathered.add(Buffer.from(piece));
      expect(gathered.size).toBe(body.length);
      expect(gathered.whole()).toEqual(body);
    });
    fc.assert(property);
  });

  it("become the body when it is large", () => {
    const pieces = Array.from({ length: 130 }, (_, index) => Buffer.alloc(65_536, index));
    const gathered = gather(130 * 65_536);
    for (const piece of pieces) gathered.add(piece);
    expect(gathered.whole().equals(Buffer.concat(pieces))).toBe(true);
  });

  it("are not copied when there is but one", () => {
    const piece = Buffer.from("whole");
    const gathered = gather(5);
    gathered.add(piece);
    expect(gathered.whole()).toBe(piece);
  });

  it("cost no more memory than was declared, even when each is one byte", () => {
    const before = heldBytes();
    const gathered = gather(MIB);
    for (let at = 0; at < MIB; at++) gathered.add(Buffer.allocUnsafeSlow(1));
    expect(heldBytes() - before).toBeLessThan(2 * MIB);
    expect(gathered.whole().buffer.byteLength).toBe(MIB);
  });

  it("cost the received bytes, not the declared ones", () => {
    const gathered = gather(8 * MIB);
    for (let at = 0; at < 100; at++) gathered.add(Buffer.alloc(100));
    expect(gathered.whole().buffer.byteLength).toBeLessThanOrEqual(65_536);
  });
});
