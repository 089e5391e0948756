/** After a bucket came to ask for another number of copies: counts anew what each blob of its objects should have. */
import type { JobContext } from "./job-context.ts";
import type { JobRun } from "./running-job.ts";

const BATCH = 500;

/** A run that was cut begins again: what is counted already costs little more than a look. */
export async function recountBucket({ metadata, copies }: JobContext, bucketId: number, run: JobRun): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: Awaited<ReturnType<typeof metadata.copiesWanted.page>> = await metadata.copiesWanted.page(
      bucketId,
      after,
      BATCH,
    );
    for (const blobId of page.blobs) {
      run.signal.throwIfAborted();
      await metadata.copiesWanted.recount(blobId, copies);
    }
    run.moved();
    after = page.last;
  }
}
