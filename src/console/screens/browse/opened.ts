/** The object that the address names: as the listing has it, or asked for by its name where that is not there. */
import { useEffect, useRef } from "preact/hooks";
import { closeObject } from "../../navigation.ts";
import { ask } from "../../session.ts";
import { useLoaded } from "../../ui/loader.ts";
import { done, type Fault, failed, type Result } from "../../wire/fault.ts";
import { type ObjectEntry, readPage } from "./listing.ts";
import type { Pages } from "./pages.ts";

export interface Opened {
  readonly key: string;
  /** undefined: it is being asked for, or `fault` says why it is not there. */
  readonly entry: ObjectEntry | undefined;
  readonly fault: Fault | undefined;
  readonly reload: () => void;
}

const GONE: Fault = { code: "NoSuchKey", message: "There is no object of this name.", status: 404 };

/** Closes by itself when the object goes while it is shown. */
export function useOpened(bucket: string, key: string | undefined, pages: Pages): Opened | undefined {
  const known = useRef<ObjectEntry | undefined>(undefined);
  const listed = pages.entries.find((entry) => entry.key === key && entry.kind === "object");
  const isUnlisted = key !== undefined && listed === undefined && (pages.isThere || pages.fault !== undefined);
  const asked = useLoaded<ObjectEntry | undefined>(
    async (signal) => (isUnlisted ? askEntry(bucket, key, signal) : done(undefined)),
    [bucket, key, isUnlisted],
  );
  // What was known of it stays while the listing is loaded again.
  const entry = [listed, asked.value, known.current].find((one) => one !== undefined && one.key === key);
  known.current = entry?.kind === "object" ? entry : undefined;
  const fault = isUnlisted ? asked.fault : undefined;
  const isGone = known.current !== undefined && fault?.code === GONE.code;
  useEffect(() => {
    if (isGone) closeObject();
  }, [isGone]);
  return key === undefined ? undefined : { key, entry: known.current, fault, reload: asked.reload };
}

/** Of all names that begin with its own, an object's own is the first. */
async function askEntry(bucket: string, key: string, signal: AbortSignal): Promise<Result<ObjectEntry>> {
  const query = { "list-type": 2, "encoding-type": "url", "max-keys": 1, prefix: key };
  const page = readPage(await ask({ path: `/${bucket}`, query, signal }));
  if (!page.ok) return page;
  const [first] = page.value.entries;
  return first?.kind === "object" && first.key === key ? done(first) : failed(GONE);
}
