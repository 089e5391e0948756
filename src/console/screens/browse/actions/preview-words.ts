/** What deleting a choice would do: what is asked for it, and the answers in one sentence. Pure. */
import type { DeletePreview } from "../../../../contract/objects.ts";
import { countOf, formatBytes, formatCount, formatTime } from "../../../ui/format.ts";
import type { Entry } from "../listing.ts";

export interface Preview extends DeletePreview {
  /** It was asked in parts: what only two parts together free is not in it. */
  readonly isAtLeast: boolean;
}

const KEYS = 1000;

/** One for up to 1,000 objects, one for each folder. */
export function questions(
  entries: readonly Entry[],
): readonly ({ readonly keys: readonly string[] } | { readonly prefix: string })[] {
  const keys = entries.filter(({ kind }) => kind === "object").map(({ key }) => key);
  const lists = Array.from({ length: Math.ceil(keys.length / KEYS) }, (_, at) => ({
    keys: keys.slice(at * KEYS, (at + 1) * KEYS),
  }));
  return [...lists, ...entries.flatMap(({ kind, key }) => (kind === "folder" ? [{ prefix: key }] : []))];
}

export function together(found: readonly DeletePreview[]): Preview {
  const sum = (of: (one: DeletePreview) => number) => found.reduce((before, one) => before + of(one), 0);
  return {
    objects: sum(({ objects }) => objects),
    logicalBytes: sum(({ logicalBytes }) => logicalBytes),
    freesBytes: sum(({ freesBytes }) => freesBytes),
    freedAt:
      found
        .map(({ freedAt }) => freedAt)
        .sort()
        .at(-1) ?? "",
    truncated: found.some(({ truncated }) => truncated),
    isAtLeast: found.length > 1,
  };
}

/** `312 objects, 40.1 GiB, frees 2.30 GiB on 28 Nov 2026, 14:05`. */
export function previewWords({ objects, logicalBytes, freesBytes, freedAt, truncated, isAtLeast }: Preview): string {
  const many = truncated ? `More than ${formatCount(objects)} objects` : countOf(objects, "object");
  const least = truncated || isAtLeast ? "at least " : "";
  const size = `${truncated ? "more than " : ""}${formatBytes(logicalBytes)}`;
  if (freesBytes === 0 && least === "") return `${many}, ${size}; frees nothing: other names hold the same content`;
  return `${many}, ${size}, frees ${least}${formatBytes(freesBytes)} on ${formatTime(freedAt)}`;
}
