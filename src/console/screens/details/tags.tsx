/** The tags of an object. */
import { ask, tell } from "../../session.ts";
import { useLoaded } from "../../ui/loader.ts";
import { done, type Result } from "../../wire/fault.ts";
import { escapeXml, type Node } from "../../wire/xml.ts";
import { PairEditor } from "./pair-editor.tsx";
import { type Pair, tagFault } from "./pairs.ts";

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

function readTags(answer: Result<Node>): Result<readonly Pair[]> {
  if (!answer.ok) return answer;
  const tags = answer.value.all("TagSet")[0]?.all("Tag") ?? [];
  return done(tags.map((tag) => ({ name: tag.text("Key") ?? "", value: tag.text("Value") ?? "" })));
}

function taggingOf(tags: readonly Pair[]): string {
  const set = tags.map(
    ({ name, value }) => `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`,
  );
  return `<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${set.join("")}</TagSet></Tagging>`;
}
