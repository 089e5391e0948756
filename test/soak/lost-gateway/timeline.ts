/**
 * What each thing was, one state after the other, as its only writer knows it; and what a database may say that was
 * restored to one moment: all that was answered before that moment, and nothing that was begun after it.
 */

/** As text; `absent`: there is none. */
export type State = string;

export const ABSENT: State = "absent";

interface Written {
  readonly state: State;
  /** In ms of performance.now(). */
  readonly begunAt: number;
  /** Infinity: it was never answered, and may have been done. */
  readonly answeredAt: number;
}

export interface Verdict {
  readonly violations: readonly string[];
  /** When the first of those that were answered and are gone was answered. */
  readonly firstLostAt: number | undefined;
  readonly lost: number;
}

const EVER: Written = { state: ABSENT, begunAt: Number.NEGATIVE_INFINITY, answeredAt: Number.NEGATIVE_INFINITY };

export class Timeline {
  /** How many changes were answered. */
  answered = 0;
  readonly #of = new Map<string, Written[]>();

  get things(): readonly string[] {
    return [...this.#of.keys()];
  }

  /** Undefined: nobody knows. */
  stateOf(thing: string): State | undefined {
    const last = this.#written(thing).at(-1);
    return last?.answeredAt === Number.POSITIVE_INFINITY ? undefined : last?.state;
  }

  /** `change` resolves with whether it was answered. All these things change at once. */
  async write(
    states: Readonly<Record<string, State>>,
    change: () => Promise<boolean>,
    begunAt = performance.now(),
  ): Promise<void> {
    const isAnswered = await change();
    const answeredAt = isAnswered ? performance.now() : Number.POSITIVE_INFINITY;
    for (const [thing, state] of Object.entries(states))
      this.#of.set(thing, [...this.#written(thing), { state, begunAt, answeredAt }]);
    if (isAnswered) this.answered++;
  }

  /**
   * Holds what is seen of every thing against what was written. `kept`: what was answered before must be there. What is
   * seen is the only state of each thing from then on.
   */
  settle(seen: ReadonlyMap<string, State>, kept: number): Verdict {
    // Whatever is there was begun before the moment that was restored; the earliest that it may be is certain.
    const firsts = [...seen].map(([thing, state]) => this.#since(thing, kept).find((one) => one.state === state));
    const moment = Math.max(kept, ...firsts.map((first) => first?.begunAt ?? kept));
    const violations: string[] = [];
    const gone: number[] = [];
    for (const [thing, state] of seen) {
      const may = this.#since(thing, moment);
      const at = may.findLastIndex((one) => one.state === state);
      if (at < 0) violations.push(`${thing} is ${state}, not ${may.map((one) => one.state).join(" or ")}`);
      gone.push(...may.slice(at + 1).flatMap(({ answeredAt }) => (Number.isFinite(answeredAt) ? answeredAt : [])));
      this.#of.set(thing, [{ ...EVER, state }]);
    }
    return { violations, lost: gone.length, firstLostAt: gone.length > 0 ? Math.min(...gone) : undefined };
  }

  /** The state at a time, and all that followed. */
  #since(thing: string, time: number): readonly Written[] {
    const written = this.#written(thing);
    return written.slice(
      Math.max(
        0,
        written.findLastIndex(({ answeredAt }) => answeredAt < time),
      ),
    );
  }

  #written(thing: string): readonly Written[] {
    return this.#of.get(thing) ?? [EVER];
  }
}
