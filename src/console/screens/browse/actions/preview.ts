/** Asks the gateway what deleting a choice would do, before anything is deleted. */
import type { DeletePreview } from "../../../../contract/objects.ts";
import { api } from "../../../session.ts";
import { done, type Result } from "../../../wire/fault.ts";
import type { Entry } from "../listing.ts";
import { type Preview, questions, together } from "./preview-words.ts";

export async function previewDelete(
  bucket: string,
  entries: readonly Entry[],
  signal: AbortSignal,
): Promise<Result<Preview>> {
  const bodies = questions(entries).map((question) => ({ bucket, ...question }));
  const found: DeletePreview[] = [];
  for (const body of bodies) {
    const answer = await api<DeletePreview>({ method: "POST", path: "/delete-preview", body, signal });
    if (!answer.ok) return answer;
    found.push(answer.value);
  }
  return done(together(found));
}
