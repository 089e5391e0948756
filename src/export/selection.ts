/** Which objects are exported: pages of keys, in byte order, each a query of its own. */
import type { Metadata } from "../metadata/metadata.ts";
import type { Bucket, ListedObject } from "../model.ts";

export interface Selection {
  readonly buckets: readonly Bucket[];
  readonly prefix: string;
  /** Objects modified then or later. */
  readonly since: Date | undefined;
}

const PAGE = 500;

export async function* pagesOf(
  { objects }: Pick<Metadata, "objects">,
  bucket: Bucket,
  { prefix, since }: Pick<Selection, "prefix" | "since">,
): AsyncGenerator<readonly ListedObject[]> {
  let after: string | undefined;
  do {
    const page = await objects.list(bucket.id, { prefix, delimiter: undefined, after, limit: PAGE });
    const listed = page.entries.flatMap((entry) => ("object" in entry ? [entry.object] : []));
    yield listed.filter(({ modifiedAt }) => since === undefined || modifiedAt >= since);
    after = page.next;
  } while (after !== undefined);
}

export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

export async function measure(metadata: Pick<Metadata, "objects">, selection: Selection): Promise<Amount> {
  const total = { objects: 0, bytes: 0 };
  for (const bucket of selection.buckets)
    for await (const page of pagesOf(metadata, bucket, selection)) {
      total.objects += page.length;
      total.bytes += page.reduce((sum, { size }) => sum + size, 0);
    }
  return total;
}
