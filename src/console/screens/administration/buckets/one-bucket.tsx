/** One bucket: what holds in it and can be set, what it takes up, who may read it, which pages may, its tags. */
import { useState } from "preact/hooks";
import type { BucketDocument } from "../../../../contract/objects.ts";
import { hashOf } from "../../../routes.ts";
import { api, me } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { Choice } from "../../../ui/choice.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { faultAt, faultBeside } from "../../../ui/field-faults.ts";
import { useLoaded } from "../../../ui/loader.ts";
import { Screen } from "../../../ui/screen.tsx";
import { say } from "../../../ui/toast.tsx";
import { BucketAccess } from "./bucket-access.tsx";
import { BucketCors } from "./bucket-cors.tsx";
import { BucketTags } from "./bucket-tags.tsx";
import { BucketUse } from "./bucket-use.tsx";
import { changeOf, copiesUpTo, DEDUP, formOf, optionsOf, REDIRECT } from "./settings-form.ts";

export function OneBucket({ name }: { readonly name: string }) {
  const loaded = useLoaded((signal) => api<BucketDocument>({ path: `/buckets/${name}`, signal }), [name]);
  return (
    <Screen
      title={name}
      loaded={loaded}
      actions={<a href={hashOf({ screen: "administration", part: "buckets" })}>All buckets</a>}
    >
      {(bucket) => (
        <div class="parts">
          <Settings
            key={JSON.stringify({ ...bucket.settings, cors: undefined })}
            bucket={bucket}
            onChanged={loaded.reload}
          />
          <BucketUse name={name} />
          <BucketAccess name={name} />
          <BucketCors bucket={bucket} onChanged={loaded.reload} />
          <BucketTags name={name} />
        </div>
      )}
    </Screen>
  );
}

const FIELDS = ["/dedup", "/redirect", "/minimumCopies"];

function Settings({ bucket, onChanged }: { readonly bucket: BucketDocument; readonly onChanged: () => void }) {
  const before = formOf(bucket);
  const [form, setForm] = useState(before);
  const { busy, fault, run, forget } = useAction<BucketDocument>(() => {
    say(`Changed the settings of ${bucket.name}.`);
    onChanged();
  });
  const body = changeOf(before, form);
  const copies = copiesUpTo(me.value?.gateway.copies ?? 1);
  const choice = (name: keyof typeof form, words: typeof copies) => ({
    value: form[name],
    options: optionsOf(bucket, name, words),
    fault: faultAt(fault, `/${name}`),
    onChoose(value: string) {
      forget();
      setForm({ ...form, [name]: value });
    },
  });
  return (
    <section class="part" aria-label="Settings">
      <h3>Settings</h3>
      <Choice label="The same content is stored once" {...choice("dedup", DEDUP)} />
      <Choice label="Reads are sent on to the closest copy" {...choice("redirect", REDIRECT)} />
      <Choice label="Copies before a write is answered" {...choice("minimumCopies", copies)} />
      <FaultText fault={faultBeside(fault, FIELDS)} />
      <div>
        <Button
          kind="primary"
          busy={busy}
          disabled={Object.keys(body).length === 0}
          onClick={() => void run(() => api({ method: "PATCH", path: `/buckets/${bucket.name}`, body }))}
        >
          Save settings
        </Button>
      </div>
    </section>
  );
}
