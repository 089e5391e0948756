/** S3's document of tags. */
import { done, type Result } from "../../wire/fault.ts";
import { escapeXml, type Node } from "../../wire/xml.ts";
import type { Pair } from "./pairs.ts";

export function readTags(answer: Result<Node>): Result<readonly Pair[]> {
  if (!answer.ok) return answer;
  const tags = answer.value.all("TagSet")[0]?.all("Tag") ?? [];
  return done(tags.map((tag) => ({ name: tag.text("Key") ?? "", value: tag.text("Value") ?? "" })));
}

export function taggingOf(tags: readonly Pair[]): string {
  const set = tags.map(
    ({ name, value }) => `<Tag><Key>${escapeXml(name)}</Key><Value>${escapeXml(value)}</Value></Tag>`,
  );
  return `<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>${set.join("")}</TagSet></Tagging>`;
}
