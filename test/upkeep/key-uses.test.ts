import { describe, expect, it } from "vitest";
import { openLog } from "../../src/log.ts";
import { openKeyUses } from "../../src/upkeep/key-uses.ts";
import { Clock } from "../support/engines.ts";

function open() {
  const clock = new Clock();
  const writes: [string, string][][] = [];
  let fails = false;
  const uses = openKeyUses({
    record: async (noted) => {
      if (fails) throw new Error("away");
      writes.push([...noted].map(([id, at]) => [id, at.toISOString().slice(11)]));
    },
    now: clock.now,
    log: openLog("silent"),
  });
  const failing = async (work: () => Promise<void>) => {
    fails = true;
    await work();
    fails = false;
  };
  return { clock, writes, uses, failing };
}

describe("uses of access keys", () => {
  it("are written together, to the minute, once for each minute in which a key was used", async () => {
    const { clock, writes, uses } = open();
    clock.advance(59_000);
    for (let at = 0; at < 100; at++) for (const id of ["a", "b"]) uses.note(id);
    expect(writes).toEqual([]);
    await uses.flush();
    uses.note("a");
    await uses.flush();
    await uses.flush();
    clock.advance(1000);
    uses.note("a");
    await uses.flush();
    expect(writes).toEqual([
      [
        ["a", "00:00:00.000Z"],
        ["b", "00:00:00.000Z"],
      ],
      [["a", "00:01:00.000Z"]],
    ]);
  });

  it("that could not be written are written later, and at the end", async () => {
    const { writes, uses, failing } = open();
    uses.note("a");
    await failing(() => expect(uses.flush()).rejects.toThrow("away"));
    await uses.close();
    expect(writes).toEqual([[["a", "00:00:00.000Z"]]]);
  });
});
