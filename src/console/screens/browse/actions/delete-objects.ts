/** Deletes objects and folders with all that is in them. */
import type { Fault } from "../../../wire/fault.ts";
import type { Entry } from "../listing.ts";
import { deleteMany } from "./delete-many.ts";
import type { Run } from "./task.ts";
import { walk } from "./walk.ts";

const BATCH = 1000;

/** The fault that ended it early. */
export async function deleteObjects(bucket: string, entries: readonly Entry[], run: Run): Promise<Fault | undefined> {
  const keys = entries.flatMap((entry) => (entry.kind === "object" ? [entry.key] : []));
  for (let at = 0; at < keys.length && !run.signal.aborted; at += BATCH) {
    const fault = await deleteKeys(bucket, keys.slice(at, at + BATCH), run);
    if (fault !== undefined) return fault;
  }
  for (const entry of entries) {
    if (entry.kind !== "folder" || run.signal.aborted) continue;
    for await (const page of walk(bucket, entry, run.signal)) {
      if (!page.ok) return page.fault;
      const fault = await deleteKeys(
        bucket,
        page.value.map(({ key }) => key),
        run,
      );
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

async function deleteKeys(bucket: string, keys: readonly string[], run: Run): Promise<Fault | undefined> {
  if (run.signal.aborted) return undefined;
  const answer = await deleteMany(
    bucket,
    keys.map((key) => ({ key })),
  );
  if (!answer.ok) return answer.fault;
  run.add(keys.length - answer.value.length, answer.value);
  return undefined;
}
