// Choosing rows of a list as file managers have it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  clickMode,
  NOTHING,
  pressed,
  type Selection,
  select,
  selectAll,
  showing,
} from "../../src/console/screens/browse/selection.ts";

const KEYS = ["a", "b", "c", "d", "e"];
const NO_MODIFIERS = { ctrlKey: false, metaKey: false, shiftKey: false };

function chosenBy(...gestures: Parameters<typeof select>[1][]): Selection {
  return gestures.reduce((selection, gesture) => select(selection, gesture, KEYS), NOTHING);
}

function chosen({ keys }: Selection): string {
  return [...keys].sort().join("");
}

describe("choosing rows", () => {
  it("takes one, and opens it", () => {
    expect(chosenBy({ to: 1, mode: "only" }, { to: 3, mode: "only" })).toMatchObject({
      keys: new Set("d"),
      isOpen: true,
    });
  });

  it("adds and takes away by toggling, without opening", () => {
    const two = chosenBy({ to: 1, mode: "toggle" }, { to: 3, mode: "toggle" });
    expect([chosen(two), two.isOpen]).toEqual(["bd", false]);
    expect(chosen(select(two, { to: 1, mode: "toggle" }, KEYS))).toBe("d");
  });

  it("makes a range from where the last choice was, in both directions", () => {
    expect(chosen(chosenBy({ to: 2, mode: "only" }, { to: 4, mode: "range" }, { to: 0, mode: "range" }))).toBe("abc");
    expect(chosen(chosenBy({ to: 3, mode: "range" }))).toBe("d");
  });

  it("moves without choosing", () => {
    expect(chosenBy({ to: 1, mode: "only" }, { to: 4, mode: "move" })).toMatchObject({ keys: new Set("b"), cursor: 4 });
  });

  it("takes all", () => {
    expect(chosen(selectAll(NOTHING, KEYS))).toBe("abcde");
  });

  it("follows what is looked at, and is over with it", () => {
    const opened = showing(NOTHING, "c", 2);
    expect([chosen(opened), opened.cursor, opened.isOpen]).toEqual(["c", 2, true]);
    expect(showing(opened, "c", 4)).toBe(opened);
    // The row comes later than the address.
    expect(showing(showing(NOTHING, "c", -1), "c", 2).cursor).toBe(2);
    expect(showing(opened, undefined, -1)).toEqual({ ...NOTHING, cursor: 2 });
    const two = select(opened, { to: 3, mode: "toggle" }, KEYS);
    expect(showing(two, undefined, -1)).toBe(two);
  });

  it("never leaves the list, whatever is pressed", () => {
    const key = fc.constantFrom("ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", " ");
    const press = fc.record({ key, ctrlKey: fc.boolean(), metaKey: fc.boolean(), shiftKey: fc.boolean() });
    fc.assert(
      fc.property(fc.array(press), (presses) => {
        let selection = NOTHING;
        for (const one of presses) {
          const gesture = pressed(one, selection, KEYS.length, 3);
          if (gesture !== undefined) selection = select(selection, gesture, KEYS);
          expect(selection.cursor).toBeGreaterThanOrEqual(0);
          expect(selection.cursor).toBeLessThan(KEYS.length);
        }
      }),
    );
  });

  it("leaves other keys and empty lists alone", () => {
    expect(pressed({ key: "x", ...NO_MODIFIERS }, NOTHING, 5, 3)).toBeUndefined();
    expect(pressed({ key: "ArrowDown", ...NO_MODIFIERS }, NOTHING, 0, 3)).toBeUndefined();
  });

  it.each([
    [NO_MODIFIERS, "only"],
    [{ ...NO_MODIFIERS, ctrlKey: true }, "toggle"],
    [{ ...NO_MODIFIERS, metaKey: true }, "toggle"],
    [{ ...NO_MODIFIERS, shiftKey: true }, "range"],
  ])("reads a click with %j", (event, mode) => {
    expect(clickMode(event)).toBe(mode);
  });
});
