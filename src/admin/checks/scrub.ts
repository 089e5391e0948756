/** Was everything that a backend holds read lately? */
import type { Metadata } from "../../metadata/metadata.ts";
import { type Finding, ok, warning } from "./finding.ts";

const DAY_MS = 86_400_000;
/** A scrub may be late by this before it is worth a warning. */
const PATIENCE = 1.2;

/** One finding for each backend that has replicas. `days`: within which each of them is to be read. */
export async function checkScrubs(
  { backends, scrubs }: Pick<Metadata, "backends" | "scrubs">,
  days: number,
  now: Date,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, state } of await backends.list()) {
    if (state === "removed") continue;
    const since = await scrubs.since(name);
    if (since !== undefined) findings.push(judgeScrub(name, since, days, now));
  }
  return findings;
}

export function judgeScrub(subject: string, since: Date | "never", days: number, now: Date): Finding {
  // Written by a version that did not note when: an upgrade is no fault.
  if (since === "never") return ok("scrub", subject, "holds replicas of which nobody knows when they were last read");
  const age = (now.getTime() - since.getTime()) / DAY_MS;
  const says = `holds replicas that were not read for ${Math.floor(age)} days`;
  const remedy =
    "See that a gateway reaches it, and whether its scrub job fails (nearbucket status). " +
    "If it is only too slow: raise scrub.bytesPerSecond or scrub.days.";
  if (age > days * PATIENCE) return warning({ check: "scrub", subject, says, remedy });
  return ok("scrub", subject, `every replica was read within ${age <= 1 ? "1 day" : `${Math.ceil(age)} days`}`);
}
