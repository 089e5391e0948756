/** All objects that are meant by a folder or an object, page by page, however many there are. */
import { ask } from "../../../session.ts";
import { done, type Result } from "../../../wire/fault.ts";
import { type Entry, listQuery, type Page, readPage } from "../listing.ts";

export interface Found {
  readonly key: string;
  readonly etag: string;
}

/** Ends after the first answer that is a fault. */
export async function* walk(
  bucket: string,
  entry: Pick<Entry, "kind" | "key"> & { readonly etag?: string },
  signal: AbortSignal,
): AsyncGenerator<Result<readonly Found[]>> {
  if (entry.kind === "object") return yield done([{ key: entry.key, etag: entry.etag ?? "" }]);
  let next: string | undefined;
  do {
    // Every key below, not the folders in it.
    const query = { ...listQuery({ prefix: entry.key, after: next }), delimiter: undefined };
    const page: Result<Page> = readPage(await ask({ path: `/${bucket}`, query, signal }));
    if (!page.ok) return yield page;
    next = page.value.next;
    yield done(page.value.entries.flatMap((one) => (one.kind === "object" ? [one] : [])));
  } while (next !== undefined && !signal.aborted);
}
