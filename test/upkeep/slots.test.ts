import { describe, expect, it } from "vitest";
import { Busy, Slots } from "../../src/upkeep/slots.ts";

const never = () => new Promise<void>(() => {});

describe("slots", () => {
  it("limit the work on each backend, and refuse more at once", async () => {
    const slots = new Slots(2);
    void slots.hold(["a", "b"], never);
    void slots.hold(["a"], never);
    await expect(slots.hold(["a"], async () => 1)).rejects.toBeInstanceOf(Busy);
    await expect(slots.hold(["c", "a"], async () => 1)).rejects.toBeInstanceOf(Busy);
    expect(["a", "b", "c"].map((name) => slots.hasRoom(name))).toEqual([false, true, true]);
    expect(await slots.hold(["b", "c"], async () => 1)).toBe(1);
  });

  it("are left to others by work that asks for spare ones", async () => {
    const slots = new Slots(2);
    expect(await slots.hold(["a"], async () => 1, 1)).toBe(1);
    void slots.hold(["a"], never);
    await expect(slots.hold(["a"], async () => 1, 1)).rejects.toBeInstanceOf(Busy);
    expect(await slots.hold(["a"], async () => 1)).toBe(1);
  });

  it("are free again when the work ends, however it ends", async () => {
    const slots = new Slots(1);
    await expect(slots.hold(["a"], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await slots.hold(["a"], async () => 1)).toBe(1);
    expect(await slots.hold(["a"], async () => 2)).toBe(2);
  });
});
