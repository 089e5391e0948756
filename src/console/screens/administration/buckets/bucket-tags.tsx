/** The tags of a bucket. */
import { ask, tell } from "../../../session.ts";
import { FaultText } from "../../../ui/fault-text.tsx";
import { useLoaded } from "../../../ui/loader.ts";
import { done } from "../../../wire/fault.ts";
import { PairEditor } from "../../details/pair-editor.tsx";
import { type Pair, tagFault } from "../../details/pairs.ts";
import { readTags, taggingOf } from "../../details/tagging.ts";

const TAGGING = { tagging: "" };

export function BucketTags({ name }: { readonly name: string }) {
  const path = `/${name}`;
  const loaded = useLoaded(
    async (signal) => {
      const answer = await ask({ path, query: TAGGING, signal });
      return !answer.ok && answer.fault.code === "NoSuchTagSet" ? done<readonly Pair[]>([]) : readTags(answer);
    },
    [name],
  );
  if (loaded.value === undefined) return <FaultText fault={loaded.fault} />;
  const save = async (tags: readonly Pair[]) => {
    const headers = { "content-type": "application/xml" };
    const answer =
      tags.length === 0
        ? await tell({ method: "DELETE", path, query: TAGGING })
        : await tell({ method: "PUT", path, query: TAGGING, headers, body: taggingOf(tags) });
    if (answer.ok) loaded.reload();
    return answer;
  };
  return <PairEditor title="Tags" pairs={loaded.value} none="No tags." faultOf={tagFault} save={save} />;
}
