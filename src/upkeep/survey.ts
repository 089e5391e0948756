/**
 * Walks over all blobs that objects refer to, counts their good copies, and adds a job for each blob that has too few
 * of them or unneeded replicas. A blob with at most one good copy is urgent. The walk goes by id, in batches, at a
 * limited rate, and continues where it was interrupted.
 */
import { setTimeout as delay } from "node:timers/promises";
import { areAllThatCanBe, areEnough, type CopyRules, goodCopies } from "../blobs/replicas/good-copies.ts";
import type { SurveyedBlob } from "../metadata/blobs.ts";
import type { NewJob, Survey } from "../metadata/jobs.ts";
import { copiesOf } from "../wanted.ts";
import { type JobContext, mayAnswer, removedOf } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";
import { needsTrim } from "./trim.ts";

/** Limits the walk to about 20,000 blobs a second, in pieces of a millisecond, so that it hardly delays requests. */
const BATCH = 100;
const PAUSE_MS = 4;
/** The place is recorded after so many blobs. */
const RECORD_EVERY = 5000;

export async function surveyBlobs(context: JobContext, survey: Survey, run: JobRun): Promise<void> {
  const { blobs, backends, jobs } = context.metadata;
  const removed = removedOf(await backends.list());
  const sight = sightOf(context);
  let { after = 0, few = 0 } = survey.sight === sight ? survey : {};
  for (let count = 0; ; ) {
    run.signal.throwIfAborted();
    const batch = await blobs.survey(after, BATCH);
    few += batch.filter((blob) => !areEnough(context, goodCopies(context, blob), blob.wanted)).length;
    const needed = batch.flatMap((blob) => jobFor(context, blob, removed) ?? []);
    if (needed.length > 0) await jobs.addAll(needed);
    after = batch.at(-1)?.id ?? after;
    run.moved();
    if (batch.length < BATCH) break;
    count += batch.length;
    if (count % RECORD_EVERY === 0) await run.narrow({ ...survey, kind: "survey", sight, after, few });
    await delay(PAUSE_MS, undefined, { ref: false });
  }
  if (few > 0) context.log.warn({ blobs: few }, "blobs have too few good copies");
  await run.narrow({ kind: "survey", found: few });
}

/**
 * What decides about every blob, apart from its own rows: when it changes, the walk starts again. The identities are
 * part of it: a store that takes a lost one's place has nothing yet.
 */
export function sightOf({ fleet, copies, fewestCopies = copies }: CopyRules): string {
  const present = fleet
    .members()
    .flatMap(({ backend, identity, region }) =>
      fleet.isPresent(backend.name) ? [`${backend.name} ${identity} ${region.name}`] : [],
    );
  return JSON.stringify([copies, fewestCopies, ...present.sort()]);
}

/** Undefined: nothing is to be done, or nothing can be done with the backends as they are. */
function jobFor(
  context: JobContext,
  blob: SurveyedBlob,
  removed: ReadonlySet<string>,
): { readonly job: NewJob; readonly urgent: boolean } | undefined {
  const { id: blobId, replicas, wanted } = blob;
  const good = goodCopies(context, blob);
  const copies = copiesOf(context, wanted);
  if (good.length === copies && good.length === replicas.length && areEnough(context, good, wanted)) return undefined;
  if (!areAllThatCanBe(context, good, wanted)) {
    const canBeRead = replicas.some(({ backend }) => mayAnswer(context, backend));
    return canBeRead ? { job: { kind: "copy", blobId }, urgent: good.length <= 1 } : undefined;
  }
  return needsTrim(context, blob, removed) ? { job: { kind: "trim", blobId }, urgent: false } : undefined;
}
