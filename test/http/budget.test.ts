import { describe, expect, it } from "vitest";
import { Budget } from "../../src/http/budget.ts";

const MIB = 1024 * 1024;
const staying = () => new AbortController().signal;

/** A budget of 64 MiB of which "noisy" holds as many MiB as it gets, one by one. */
function filled(waitMs = 60_000) {
  const budget = new Budget({ bytes: 64 * MIB, waitMs });
  let held = 0;
  while (budget.tryTake(MIB, "noisy")) held++;
  return { budget, held };
}

describe("the budget of memory for bodies", () => {
  it("leaves room for small bodies where large ones wait", () => {
    const { budget, held } = filled();
    expect(held).toBe(57);
    expect(budget.tryTake(64 * 1024, "other")).toBe(true);
    expect(budget.tryTake(MIB, "other")).toBe(false);
  });

  it("gives freed memory to the client that holds least, and to its newest body", async () => {
    const { budget } = filled();
    const order: string[] = [];
    const wait = (client: string, name: string) =>
      budget.wait(MIB, client, staying()).then(() => {
        order.push(name);
      });
    const all = [wait("noisy", "first"), wait("noisy", "second"), wait("quiet", "third")];
    expect(budget.waiting).toBe(3);
    for (const done of [all[2], all[1], all[0]]) {
      budget.giveBack(MIB, "noisy");
      await done;
    }
    expect(order).toEqual(["third", "second", "first"]);
    expect(budget.waiting).toBe(0);
  });

  it("refuses a body with SlowDown when it has waited in vain", async () => {
    const { budget } = filled(1);
    await expect(budget.wait(MIB, "late", staying())).rejects.toMatchObject({
      code: "SlowDown",
      headers: { "Retry-After": "2" },
    });
    expect(budget).toMatchObject({ refused: 1, waiting: 0 });
  });

  it("forgets a client that leaves", async () => {
    const { budget } = filled();
    const leaving = new AbortController();
    const waiting = budget.wait(MIB, "gone", leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: "SlowDown" });
    expect(budget).toMatchObject({ refused: 0, waiting: 0 });
  });

  it("reports how much memory the waiting bodies lack", () => {
    const { budget } = filled();
    expect(budget.shortage).toBe(0);
    const gone = new AbortController();
    budget.wait(MIB, "other", gone.signal).catch(() => undefined);
    expect(budget.shortage).toBe(MIB);
    gone.abort();
    expect(budget.shortage).toBe(0);
  });

  it("is complete again when everything was released", () => {
    const { budget, held } = filled();
    budget.giveBack(held * MIB, "noisy");
    expect(budget.used).toBe(0);
    expect(budget.tryTake(budget.largest, "other")).toBe(true);
  });
});
