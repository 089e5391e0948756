/** How a gateway is brought to a point inside what it does: calls to stores, or answers to clients, are held there. */
import type { Match } from "../support/faulty-s3-script.ts";
import type { ProxyFault } from "../support/s3-proxy.ts";
import type { Hold, Place, Stage } from "./stage.ts";

export interface Point {
  /** Resolves when the gateway is at the point. */
  readonly reach: (stage: Stage) => Promise<void>;
  /** The held requests reach the stores after the gateway was killed. */
  readonly late?: true;
  /** For each object write without an answer: whether it was done. */
  readonly settles: readonly boolean[];
}

export type Act = (stage: Stage) => Promise<unknown>;

export const at = (place: Place, match: Match, fault: ProxyFault): Hold => ({ at: place, match, fault });
export const onBoth = (match: Match, fault: ProxyFault) => [at("first", match, fault), at("second", match, fault)];
/** The first store has executed the request, the second has not received it. */
export const onFirst = (match: Match) => [
  at("first", match, { do: "hold-answer" }),
  at("second", match, { do: "hold" }),
];
export const onSecond = (match: Match) => [
  at("first", match, { do: "hold" }),
  at("second", match, { do: "hold-answer" }),
];

/** Starts the act and waits until all of this is held. */
export function held(act: Act, holds: readonly Hold[]): Point["reach"] {
  return async (stage) => {
    const reached = holds.map((hold) => stage.hold(hold));
    stage.begin(act(stage));
    await Promise.all(reached);
  };
}

/** Starts the act and holds its answer to the client. */
export function unheard(act: Act, match: Match, before: Act = async () => {}): Point["reach"] {
  return async (stage) => {
    await before(stage);
    await held(act, [at("clients", match, { do: "hold-answer" })])(stage);
  };
}
