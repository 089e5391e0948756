/** What follows from what a store did with redirected reads. Pure. */
import type { BackendDocument } from "../../../../contract/backends.ts";

type Redirects = NonNullable<BackendDocument["redirects"]>;

export interface RedirectsVerdict {
  readonly tone: "good" | "plain" | "bad";
  /** Sentences. */
  readonly words: string;
}

/** As the gateway judges before it redirects. */
export function redirectsVerdict({
  etags,
  partEtags,
  replayedHeaders,
  ...tried
}: Omit<Redirects, "at">): RedirectsVerdict {
  const { keyReads, sameStore, ranges, conditions, overrides } = tried;
  if ([keyReads, sameStore, ranges, conditions, overrides].includes(false))
    return { tone: "bad", words: "Nobody is redirected there until what is answered with no is put right." };
  if (keyReads === undefined)
    return { tone: "plain", words: "It did not answer: what redirected reads get is not known." };
  const limits = [
    ...(replayedHeaders === "strict"
      ? ["Clients that sign in headers and send these again are not redirected there."]
      : []),
    ...([etags, partEtags].includes(false) ? ["Objects whose ETag it cannot give are read through the gateway."] : []),
  ];
  if (limits.length > 0) return { tone: "plain", words: limits.join(" ") };
  return { tone: "good", words: "Clients that are redirected there get what they would get through the gateway." };
}
