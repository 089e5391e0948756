/** Kinds of jobs of which one always waits: a report to people says nothing of them unless they fail. */
export const PERIODIC_JOBS: ReadonlySet<string> = new Set([
  "reclaim",
  "stale-uploads",
  "leftovers",
  "tally",
  "sessions",
  "survey",
  "scrub",
  "inventory",
]);
