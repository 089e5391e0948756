/**
 * What can happen to a file, as a table: a state that has no row for an event ignores it. So an answer that comes late,
 * after a pause or a cancel, changes nothing.
 */

export type State =
  | "waiting"
  | "hashing"
  | "hashed"
  | "claiming"
  | "ready"
  | "uploading"
  | "paused"
  | "linked"
  | "done"
  | "failed"
  | "cancelled";

export type Event =
  | "hash"
  | "hashed"
  | "claim"
  | "unclaim"
  | "linked"
  | "needed"
  | "send"
  | "sent"
  | "fail"
  | "pause"
  | "resume"
  | "cancel"
  | "retry";

const STOP = { fail: "failed", cancel: "cancelled" } as const;

/** `paused` is a state of files that were being sent: the others wait anyway while the queue stands. */
const NEXT: Readonly<Record<State, Partial<Readonly<Record<Event, State>>>>> = {
  waiting: { hash: "hashing", ...STOP },
  hashing: { hashed: "hashed", ...STOP },
  hashed: { claim: "claiming", ...STOP },
  claiming: { linked: "linked", needed: "ready", unclaim: "hashed", ...STOP },
  ready: { send: "uploading", ...STOP },
  uploading: { sent: "done", pause: "paused", ...STOP },
  /** What was about to end when the pause came may still end. */
  paused: { resume: "ready", sent: "done", ...STOP },
  linked: {},
  done: {},
  /** The file may be another by now: it is read again. */
  failed: { retry: "waiting" },
  cancelled: { retry: "waiting" },
};

/** The next state; undefined where the event means nothing in this one. */
export function next(state: State, event: Event): State | undefined {
  return NEXT[state][event];
}

export function isOver(state: State): boolean {
  return NEXT[state].cancel === undefined;
}

/** What the reader sees. */
export const WORDS: Readonly<Record<State, string>> = {
  waiting: "Waiting",
  hashing: "Reading",
  hashed: "Read",
  claiming: "Checking",
  ready: "To be sent",
  uploading: "Sending",
  paused: "Paused",
  linked: "Already stored",
  done: "Sent",
  failed: "Failed",
  cancelled: "Cancelled",
};
