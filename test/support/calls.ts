/** Calls of a guarded backend outside of a fleet: nobody sweeps them, nobody hears what becomes of them. */
import { CallHealth } from "../../src/backends/call-health.ts";
import type { GuardedCalls } from "../../src/backends/guarded-backend.ts";

export function unwatchedCalls(): GuardedCalls {
  const health = () =>
    new CallHealth({
      backend: "far",
      faults: ["unavailable"],
      now: () => new Date(0),
      elapsed: () => 0,
      random: () => 0,
      onChange: () => undefined,
    });
  return { reads: health(), writes: health() };
}
