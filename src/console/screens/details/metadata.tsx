/** The user metadata of an object. S3 changes it by a copy of the object onto itself; the bytes stay where they are. */
import { ask } from "../../session.ts";
import { done } from "../../wire/fault.ts";
import { type Attributes, rewriteHeaders } from "./attributes.ts";
import { PairEditor } from "./pair-editor.tsx";
import { metadataFault, type Pair } from "./pairs.ts";

interface MetadataProps {
  readonly path: string;
  readonly attributes: Attributes;
  readonly onChange: () => void;
}

export function Metadata({ path, attributes, onChange }: MetadataProps) {
  const pairs = Object.entries(attributes.metadata).map(([name, value]) => ({ name, value }));
  const save = async (changed: readonly Pair[]) => {
    const metadata = Object.fromEntries(changed.map(({ name, value }) => [name, value]));
    const headers = rewriteHeaders(path, attributes.etag, { headers: attributes.headers, metadata });
    const answer = await ask({ method: "PUT", path, headers });
    if (!answer.ok) return answer;
    onChange();
    return done(undefined);
  };
  return <PairEditor title="Metadata" pairs={pairs} none="No metadata." faultOf={metadataFault} save={save} />;
}
