/** What background jobs are called, and what each is about. Pure. */
import type { JobDocument } from "../../../../contract/jobs.ts";

const KINDS: Readonly<Record<string, string>> = {
  copy: "Copy to another backend",
  recount: "Count how many copies content should have",
  "recount-bucket": "Give a bucket another number of copies",
  "read-replica": "Copy to where it is read",
  trim: "Delete surplus copies",
  digest: "Compute a digest",
  drop: "Delete what is no longer used",
  survey: "Look for what has too few copies",
  scrub: "Read copies whole",
  inventory: "Compare a backend with the database",
  reclaim: "Delete content that nothing refers to",
  "stale-uploads": "End uploads that were abandoned",
  leftovers: "Clean up after interrupted writes",
  tally: "Count what is stored",
  sessions: "Forget sessions that are over",
};

export function kindWords(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** `backend store-2`, `blobId 17`; lists are written out. */
export function subjectWords({ subject }: Pick<JobDocument, "subject">): string {
  return Object.entries(subject)
    .filter(([name, value]) => name !== "kind" && (typeof value !== "object" || Array.isArray(value)))
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(" ") : String(value)}`)
    .join(", ");
}
