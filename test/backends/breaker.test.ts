// When a breaker opens, when it lets a trial through, and that it does not flap. The clock is a number.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Breaker, LARGE } from "../../src/backends/breaker.ts";

const SMALL = 100;
const middle = () => 0.5;

/** A breaker and its time, in milliseconds. */
function driven(random = middle) {
  const breaker = new Breaker(random);
  const clock = { at: 50_000 };
  return {
    breaker,
    clock,
    succeed(times: number, size = SMALL) {
      for (let n = 0; n < times; n++) breaker.succeeded({ at: clock.at, size });
    },
    fail(times: number, size = SMALL, stoodStillMs?: number) {
      for (let n = 0; n < times; n++) breaker.failed({ at: clock.at, size }, stoodStillMs);
    },
    /** How long until a trial is let through. */
    untilTrial() {
      const from = clock.at;
      while (!breaker.beginTrial(clock.at)) clock.at++;
      return clock.at - from;
    },
  };
}

describe("a breaker opens", () => {
  it.each([
    ["five failures", 5, 0, "open"],
    ["four failures", 4, 0, "closed"],
    ["five failures of ten calls", 5, 5, "open"],
    ["five failures of eleven calls", 5, 6, "closed"],
    ["no failure", 0, 100, "closed"],
  ])("by %s: %i failed, %i succeeded: %s", (_, failures, successes, state) => {
    const at = driven();
    at.succeed(successes);
    at.fail(failures);
    expect(at.breaker.state).toBe(state);
  });

  it("by what happened within ten seconds, and forgets the rest", () => {
    const at = driven();
    at.fail(4);
    at.clock.at += 10_000;
    at.fail(4);
    expect(at.breaker.state).toBe("closed");
    expect(at.breaker.errorRate(at.clock.at)).toBe(1);
    at.fail(1);
    expect(at.breaker.state).toBe("open");
    expect(at.breaker.errorRate(at.clock.at + 11_000)).toBeUndefined();
  });

  it("by large calls alone, when the small ones succeed", () => {
    const at = driven();
    at.succeed(1000);
    at.fail(4, LARGE);
    expect(at.breaker.state).toBe("closed");
    at.fail(1, LARGE);
    expect(at.breaker.state).toBe("open");
  });

  it("by one call that stands still while none succeeds", () => {
    const at = driven();
    at.succeed(10);
    at.clock.at += 5001;
    at.fail(1, SMALL, 5000);
    expect(at.breaker.state).toBe("open");
  });

  it("not by one that stands still while others succeed, unless these are smaller", () => {
    const at = driven();
    at.clock.at += 5000;
    at.succeed(1);
    at.clock.at += 1;
    at.fail(1, SMALL, 5000);
    expect(at.breaker.state).toBe("closed");
    at.fail(1, LARGE, 5000);
    expect(at.breaker.state).toBe("open");
  });
});

describe("an open breaker", () => {
  it("is tried after a second, then after pauses that double up to a minute", () => {
    const at = driven();
    at.fail(5);
    const pauses: number[] = [];
    for (let n = 0; n < 9; n++) {
      pauses.push(at.untilTrial());
      at.breaker.tried(at.clock.at, false);
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("varies its pauses by a quarter", () => {
    const [early, late] = [driven(() => 0), driven(() => 0.999_999)];
    for (const at of [early, late]) at.fail(5);
    expect([early.untilTrial(), late.untilTrial()]).toEqual([750, 1250]);
  });

  it("lets one trial through at a time", () => {
    const at = driven();
    at.fail(5);
    at.untilTrial();
    expect(at.breaker.state).toBe("half-open");
    at.clock.at += 600_000;
    expect(at.breaker.beginTrial(at.clock.at)).toBe(false);
  });

  it("closes when the trial succeeds, and by nothing else", () => {
    const at = driven();
    at.fail(5);
    at.clock.at += 500;
    at.succeed(1000);
    expect(at.breaker.state).toBe("open");
    at.untilTrial();
    at.succeed(1000);
    expect(at.breaker.state).toBe("half-open");
    at.breaker.tried(at.clock.at, true);
    expect(at.breaker.state).toBe("closed");
    at.fail(4);
    expect(at.breaker.state).toBe("closed");
  });

  it("says since when, whatever its trials do", () => {
    const at = driven();
    at.fail(5);
    const since = at.clock.at;
    at.untilTrial();
    at.breaker.tried(at.clock.at, false);
    expect(at.breaker.changedAt).toBe(since);
  });

  it("makes a trial anew that could not be made, and at once when its backend is back", () => {
    const at = driven();
    at.fail(5);
    at.untilTrial();
    at.breaker.tried(at.clock.at, undefined);
    expect(at.untilTrial()).toBe(0);
    at.breaker.tried(at.clock.at, false);
    at.breaker.retryNow();
    expect(at.untilTrial()).toBe(0);
  });
});

describe("a store that passes its trials and fails its calls", () => {
  it("is given calls ever more rarely", () => {
    const at = driven();
    const pauses: number[] = [];
    for (let n = 0; n < 5; n++) {
      at.fail(5);
      pauses.push(at.untilTrial());
      at.breaker.tried(at.clock.at, true);
      at.clock.at += 1000;
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000]);
  });

  it("begins with a short pause after a good minute", () => {
    const at = driven();
    for (let n = 0; n < 3; n++) {
      at.fail(5);
      at.untilTrial();
      at.breaker.tried(at.clock.at, true);
    }
    at.clock.at += 61_000;
    at.fail(5);
    expect(at.untilTrial()).toBe(1000);
  });
});

describe("whatever happens to a breaker", () => {
  const step = fc.record({ wait: fc.integer({ min: 0, max: 20_000 }), act: fc.integer({ min: 0, max: 5 }) });
  it("it opens only by a failure, closes only by a good trial, and is never without a way back", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const at = driven(Math.random);
        for (const { wait, act } of steps) {
          at.clock.at += wait;
          const before = at.breaker.state;
          if (act === 0) at.succeed(1);
          if (act === 1) at.fail(1);
          if (act === 2) at.fail(3, LARGE, 5000);
          const begins = act === 3 && at.breaker.beginTrial(at.clock.at);
          if (act >= 4) at.breaker.tried(at.clock.at, act === 4);
          const after = at.breaker.state;
          if (before === "closed") expect(after === "closed" || act === 1 || act === 2).toBe(true);
          if (before === "open") expect(after).toBe(begins ? "half-open" : "open");
          if (before === "half-open") expect(after).toBe(act < 4 ? "half-open" : act === 4 ? "closed" : "open");
        }
        if (at.breaker.state === "half-open") at.breaker.tried(at.clock.at, false);
        if (at.breaker.state === "open") expect(at.untilTrial()).toBeLessThanOrEqual(75_000);
      }),
    );
  });
});
