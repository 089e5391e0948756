/**
 * Moves objects as S3 can: a copy, which moves no bytes here, and then a deletion. Nothing is deleted whose copy did
 * not succeed, or that was written again in the meantime; nothing that stands at the other end is overwritten.
 */
import { ask } from "../../../session.ts";
import type { Fault, Result } from "../../../wire/fault.ts";
import { encodePath } from "../../../wire/signer.ts";
import { deleteMany } from "./delete-many.ts";
import { type Route, targetOf } from "./move-plan.ts";
import type { Failure, Run } from "./task.ts";
import { type Found, walk } from "./walk.ts";

/** Copies under way together; a browser has six connections for everything. */
const AT_ONCE = 4;
/** Between two deletions: as many stand twice at most. */
const BATCH = 100;

export interface Move {
  readonly bucket: string;
  readonly routes: readonly (Route & { readonly etag?: string })[];
}

/** The fault that ended it early. What fails for single objects is added to the tally. */
export async function moveObjects({ bucket, routes }: Move, run: Run): Promise<Fault | undefined> {
  for (const route of routes) {
    const { kind, from: key, etag } = route;
    for await (const page of walk(bucket, { kind, key, ...(etag !== undefined && { etag }) }, run.signal)) {
      if (!page.ok) return page.fault;
      for (let at = 0; at < page.value.length; at += BATCH) {
        if (run.signal.aborted) return undefined;
        const fault = await moveBatch(bucket, route, page.value.slice(at, at + BATCH), run);
        if (fault !== undefined) return fault;
      }
    }
    if (run.signal.aborted) return undefined;
  }
  return undefined;
}

async function moveBatch(bucket: string, route: Route, batch: readonly Found[], run: Run): Promise<Fault | undefined> {
  const waiting = [...batch];
  const copied: Found[] = [];
  const failures: Failure[] = [];
  const work = async () => {
    for (let one = waiting.shift(); one !== undefined && !run.signal.aborted; one = waiting.shift()) {
      const answer = await copy(bucket, one, targetOf(route, one.key));
      if (answer.ok) copied.push(one);
      else failures.push({ key: one.key, fault: answer.fault });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // Also after a stop: what was copied would stand twice.
  const deleted = await deleteMany(bucket, copied);
  if (!deleted.ok) {
    run.add(0, failures);
    return deleted.fault;
  }
  run.add(copied.length - deleted.value.length, [...failures, ...deleted.value.map(toLeft)]);
  return undefined;
}

async function copy(bucket: string, { key, etag }: Found, to: string): Promise<Result<unknown>> {
  const headers = {
    "x-amz-copy-source": encodePath(`/${bucket}/${key}`),
    "x-amz-copy-source-if-match": `"${etag}"`,
    "if-none-match": "*",
  };
  const answer = await ask({ method: "PUT", path: `/${bucket}/${to}`, headers });
  if (answer.ok || answer.fault.status !== 412) return answer;
  const message = `There is an object called ${to}, or this one was written in the meantime. It was left where it is.`;
  return { ok: false, fault: { ...answer.fault, message } };
}

function toLeft({ key, fault }: Failure): Failure {
  const message = `It was copied, and not deleted here: ${fault.message}`;
  return { key, fault: { ...fault, message } };
}
