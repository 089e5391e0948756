/**
 * Redirect or proxy: a pure walk over the rules (redirect-rules.ts), and the same walk again for whoever asks why. The
 * first rule that decides wins; the last one always does.
 */
import type { RedirectFacts, RedirectTarget } from "./redirect-facts.ts";
import { rules } from "./redirect-rules.ts";

export interface Verdict {
  readonly kind: "redirect" | "proxy";
  /** The deciding rule, stable: shown in `x-nearbucket-served` and in the metrics. */
  readonly rule: string;
}

/** A rule that was asked. "passes": the next one was asked. */
export interface Step {
  readonly rule: string;
  readonly outcome: "passes" | "redirect" | "proxy";
  /** The fact that made the outcome, in a sentence. */
  readonly why: string;
}

/** Behind the rule that asks whether there is a target, nobody looks at this one. */
const NO_TARGET: RedirectTarget = {
  downgrade: false,
  sameHost: false,
  replayedHeaders: "tolerate",
  honoursEmbeddedHeaders: false,
  crossOrigin: false,
};

export function decide(facts: RedirectFacts): Verdict {
  const target = facts.target ?? NO_TARGET;
  for (const { rule, test } of rules) {
    const kind = test(facts, target);
    if (kind !== undefined) return { kind, rule };
  }
  throw undecided();
}

/** Each rule that `decide` asks of these facts, in order; the last one decided. */
export function trace(facts: RedirectFacts): readonly Step[] {
  const target = facts.target ?? NO_TARGET;
  const steps: Step[] = [];
  for (const { rule, test, why } of rules) {
    const outcome = test(facts, target) ?? "passes";
    steps.push({ rule, outcome, why: why(facts, target) });
    if (outcome !== "passes") return steps;
  }
  throw undecided();
}

function undecided(): Error {
  return new Error("the last rule of the policy decided nothing");
}
