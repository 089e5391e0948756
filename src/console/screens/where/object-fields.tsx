/** Which object: its bucket and its key, with what is there offered while typing. */
import { useLayoutEffect, useState } from "preact/hooks";
import { ask } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { useLoaded } from "../../ui/loader.ts";
import { done } from "../../wire/fault.ts";
import { listQuery, readPage } from "../browse/listing.ts";
import { readBuckets } from "../buckets/read-buckets.ts";

interface ObjectFieldsProps {
  readonly bucket: string;
  readonly objectKey: string;
  readonly onChoose: (bucket: string, key: string) => void;
}

const OFFERED = 50;

export function ObjectFields({ bucket, objectKey, onChoose }: ObjectFieldsProps) {
  const [draft, setDraft] = useState({ bucket, key: objectKey });
  // Before the next key: later it would undo what was typed.
  useLayoutEffect(() => setDraft({ bucket, key: objectKey }), [bucket, objectKey]);
  const buckets = useLoaded(async (signal) => readBuckets(await ask({ path: "/", signal })), []);
  const names = buckets.value?.map(({ name }) => name) ?? [];
  const keys = useKeys(names.includes(draft.bucket) ? draft.bucket : "", draft.key);
  const submit = (event: Event) => {
    event.preventDefault();
    if (draft.bucket !== "" && draft.key !== "") onChoose(draft.bucket, draft.key);
  };
  return (
    <form class="fields object" aria-label="The object" onSubmit={submit}>
      <Field
        label="Bucket"
        value={draft.bucket}
        suggestions={names}
        onInput={(text) => setDraft({ bucket: text.trim(), key: draft.key })}
      />
      <Field
        label="Key"
        value={draft.key}
        suggestions={keys}
        placeholder="2026/cat.jpg"
        onInput={(key) => setDraft({ bucket: draft.bucket, key })}
      />
      <Button submit kind="primary" icon="search" disabled={draft.bucket === "" || draft.key === ""}>
        Show
      </Button>
    </form>
  );
}

/** What begins as the key that is typed, one folder deep. */
function useKeys(bucket: string, typed: string): readonly string[] {
  const { value } = useLoaded(
    async (signal) => {
      if (bucket === "") return done({ entries: [], next: undefined });
      const query = { ...listQuery({ prefix: typed }), "max-keys": OFFERED };
      return readPage(await ask({ path: `/${bucket}`, query, signal }));
    },
    [bucket, typed],
  );
  return value?.entries.map(({ key }) => key) ?? [];
}
