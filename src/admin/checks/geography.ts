/** Are the data by which clients are placed still of use? They age, because networks change hands. */
import { type DatabaseFacts, type GeographyOptions, inspectDatabases } from "../../geography/geography.ts";
import { reasonOf } from "../../log.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

const DAY_MS = 86_400_000;
const OLD_DAYS = 365;

/** One finding for each database. */
export async function checkGeography(options: GeographyOptions, now: Date): Promise<readonly Finding[]> {
  try {
    return (await inspectDatabases(options)).map((database) => judgeDatabase(database, now));
  } catch (failure) {
    const remedy =
      "Put the file in its place, or take it out of the configuration: a gateway does not start without it.";
    return [error({ check: "geography", subject: undefined, says: reasonOf(failure) ?? String(failure), remedy })];
  }
}

export function judgeDatabase({ file, kind, builtAt }: DatabaseFacts, now: Date): Finding {
  const subject = file ?? "the built-in countries";
  const says = `${kind}, made on ${builtAt.toISOString().slice(0, 10)}`;
  if (now.getTime() - builtAt.getTime() <= OLD_DAYS * DAY_MS) return ok("geography", subject, says);
  const remedy = file === undefined ? "Update nearbucket." : "Put a newer one in its place: no restart is needed.";
  const old = `${says}, more than a year ago: networks have moved since`;
  return warning({ check: "geography", subject, says: old, remedy });
}
