/** Which rows of a long list are chosen, by mouse and keyboard as file managers have it. Pure. */

export interface Selection {
  readonly keys: ReadonlySet<string>;
  /** The row that the keyboard stands on; -1: none. */
  readonly cursor: number;
  /** Where a range begins. */
  readonly anchor: number;
  /** The one chosen is looked at, too. */
  readonly isOpen: boolean;
}

/** What is done to the row `to`. */
export interface Gesture {
  readonly to: number;
  /** move: only the cursor goes there. range: all from the anchor to it. */
  readonly mode: "only" | "toggle" | "range" | "move";
}

export const NOTHING: Selection = { keys: new Set(), cursor: -1, anchor: -1, isOpen: false };

/** `keys`: of all rows, in their order. */
export function select(before: Selection, { to, mode }: Gesture, keys: readonly string[]): Selection {
  const key = keys[to];
  if (key === undefined) return before;
  if (mode === "move") return { ...before, cursor: to };
  if (mode === "only") return { keys: new Set([key]), cursor: to, anchor: to, isOpen: true };
  if (mode === "toggle") return { keys: toggled(before.keys, key), cursor: to, anchor: to, isOpen: false };
  const anchor = before.anchor < 0 ? to : before.anchor;
  const range = keys.slice(Math.min(anchor, to), Math.max(anchor, to) + 1);
  return { keys: new Set(range), cursor: to, anchor, isOpen: false };
}

/** What is chosen once `open` is the object that is looked at, or none is any more. `row`: where it stands; -1: not. */
export function showing(before: Selection, open: string | undefined, row: number): Selection {
  if (open === undefined) return before.isOpen ? { ...NOTHING, cursor: before.cursor } : before;
  const isChosen = before.isOpen && before.keys.has(open);
  return isChosen && (before.cursor >= 0 || row < 0)
    ? before
    : { keys: new Set([open]), cursor: row, anchor: row, isOpen: true };
}

export function selectAll(before: Selection, keys: readonly string[]): Selection {
  return { ...before, keys: new Set(keys), isOpen: false };
}

/** What a click means: Ctrl (or Command) toggles, Shift makes a range. */
export function clickMode(event: Modifiers): Gesture["mode"] {
  if (event.shiftKey) return "range";
  return event.ctrlKey || event.metaKey ? "toggle" : "only";
}

interface Press extends Modifiers {
  readonly key: string;
}

interface Modifiers {
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
}

/** What a key does in a list of `length` rows that shows `page` of them; undefined: nothing. */
export function pressed(press: Press, { cursor }: Selection, length: number, page: number): Gesture | undefined {
  if (length === 0) return undefined;
  if (press.key === " ") return { to: Math.max(cursor, 0), mode: "toggle" };
  const to = target(press.key, cursor, length, page);
  if (to === undefined) return undefined;
  if (press.shiftKey) return { to, mode: "range" };
  return { to, mode: press.ctrlKey || press.metaKey ? "move" : "only" };
}

function target(key: string, cursor: number, length: number, page: number): number | undefined {
  const last = length - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[key];
  return step === undefined ? undefined : Math.min(Math.max(cursor + step, 0), last);
}

function toggled(keys: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const after = new Set(keys);
  if (!after.delete(key)) after.add(key);
  return after;
}
