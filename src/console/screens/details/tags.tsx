/** The tags of an object. */
import { ask, tell } from "../../session.ts";
import { useLoaded } from "../../ui/loader.ts";
import { PairEditor } from "./pair-editor.tsx";
import { type Pair, tagFault } from "./pairs.ts";
import { readTags, taggingOf } from "./tagging.ts";

const TAGGING = { tagging: "" };

export function Tags({ path }: { readonly path: string }) {
  const loaded = useLoaded(async (signal) => readTags(await ask({ path, query: TAGGING, signal })), [path]);
  if (loaded.value === undefined) return null;
  const save = async (tags: readonly Pair[]) => {
    const headers = { "content-type": "application/xml" };
    const answer = await tell({ method: "PUT", path, query: TAGGING, headers, body: taggingOf(tags) });
    if (answer.ok) loaded.reload();
    return answer;
  };
  return <PairEditor title="Tags" pairs={loaded.value} none="No tags." faultOf={tagFault} save={save} />;
}
