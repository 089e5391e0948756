import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Event, isOver, next, type State, WORDS } from "../../../src/console/upload/states.ts";

const STATES = Object.keys(WORDS) as State[];
const EVENTS: readonly Event[] = [
  ...(["hash", "hashed", "claim", "unclaim", "linked", "needed", "send", "sent"] as const),
  ...(["fail", "pause", "resume", "cancel", "retry"] as const),
];

function run(...events: Event[]): State {
  return events.reduce<State>((state, event) => next(state, event) ?? state, "waiting");
}

describe("a file on its way", () => {
  it.each<[State, Event[]]>([
    ["linked", ["hash", "hashed", "claim", "linked"]],
    ["done", ["hash", "hashed", "claim", "needed", "send", "sent"]],
    ["done", ["hash", "hashed", "claim", "unclaim", "claim", "needed", "send", "pause", "resume", "send", "sent"]],
    ["done", ["hash", "hashed", "claim", "needed", "send", "pause", "sent"]],
    ["waiting", ["hash", "fail", "retry"]],
    ["waiting", ["cancel", "retry"]],
  ])("comes to be %s", (state, events) => {
    expect(run(...events)).toBe(state);
  });

  it("ignores what comes late: an answer after a cancel changes nothing", () => {
    expect(run("hash", "hashed", "claim", "cancel", "linked", "needed", "send", "sent", "fail")).toBe("cancelled");
  });

  it("stays stored once it is: nothing that happens afterwards makes it fail or start again", () => {
    for (const event of EVENTS)
      for (const state of ["done", "linked"] as const) expect(next(state, event)).toBeUndefined();
  });

  it("can be cancelled, and can fail, in every state but the last ones", () => {
    for (const state of STATES) {
      expect(next(state, "cancel")).toBe(isOver(state) ? undefined : "cancelled");
      expect(next(state, "fail")).toBe(isOver(state) ? undefined : "failed");
    }
  });

  it("is never sent before it was claimed, nor claimed before it was read, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
        let state: State = "waiting";
        let [read, asked] = [false, false];
        for (const event of events) {
          const to = next(state, event);
          if (to === undefined) continue;
          if (event === "retry") [read, asked] = [false, false];
          if (event === "hashed") read = true;
          if (event === "needed" || event === "linked") asked = read;
          if (to === "done" || to === "linked" || to === "uploading") expect(asked).toBe(true);
          state = to;
        }
      }),
    );
  });
});
