/** One bucket: what holds in it and can be set, what it takes up, who may read it, which pages may, its tags. */
import { useState } from "preact/hooks";
import { readReplicasText } from "../../../../contract/bucket-texts.ts";
import type { BucketDocument } from "../../../../contract/objects.ts";
import { hashOf } from "../../../routes.ts";
import { api, me } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { Choice } from "../../../ui/choice.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { Field } from "../../../ui/field.tsx";
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
          {bucket.takesOver === undefined ? null : (
            <section class="part" aria-label="Takes over">
              <h3>Takes over {bucket.takesOver}</h3>
              <p>
                What this bucket lacks is read there, until <code>nearbucket import --finish</code> ends it.
              </p>
            </section>
          )}
          <Settings
            key={JSON.stringify({ ...bucket.settings, cors: undefined })}
            bucket={bucket}
            onChanged={loaded.replace}
          />
          <BucketUse name={name} />
          <BucketAccess name={name} />
          <BucketCors bucket={bucket} onChanged={loaded.replace} />
          <BucketTags name={name} />
        </div>
      )}
    </Screen>
  );
}

const FIELDS = ["/dedup", "/redirect", "/copies", "/minimumCopies", "/placement", "/readReplicas"];

interface SettingsProps {
  readonly bucket: BucketDocument;
  readonly onChanged: (bucket: BucketDocument) => void;
}

function Settings({ bucket, onChanged }: SettingsProps) {
  const before = formOf(bucket);
  const [form, setForm] = useState(before);
  const { busy, fault, run, forget } = useAction<BucketDocument>((changed) => {
    say(`Changed the settings of ${bucket.name}.`);
    onChanged(changed);
  });
  const body = changeOf(before, form);
  const gateway = me.value?.gateway;
  const most = Math.max(gateway?.copies ?? 1, gateway?.regions.length ?? 1, bucket.effective.copies);
  const copies = copiesUpTo(most);
  const set = (change: Partial<typeof form>) => {
    forget();
    setForm({ ...form, ...change });
  };
  const choice = (name: Parameters<typeof optionsOf>[1], words: typeof copies) => ({
    value: form[name],
    options: optionsOf(bucket, name, words),
    fault: faultAt(fault, `/${name}`),
    onChoose: (value: string) => set({ [name]: value }),
  });
  return (
    <section class="part" aria-label="Settings">
      <h3>Settings</h3>
      <Choice label="The same content is stored once" {...choice("dedup", DEDUP)} />
      <Choice label="Reads are sent on to the closest copy" {...choice("redirect", REDIRECT)} />
      <Choice label="Copies of each object" {...choice("copies", copies)} />
      <Choice label="Copies before a write is answered" {...choice("minimumCopies", copies)} />
      <Field
        label="Where copies stand"
        value={form.placement}
        placeholder="any"
        hint="any, nearest-writer, or the only regions: toronto, singapore"
        fault={faultAt(fault, "/placement")}
        suggestions={["any", "nearest-writer", ...(gateway?.regions ?? [])]}
        onInput={(placement) => set({ placement })}
      />
      <Field
        label="Copies near readers who are far away"
        value={form.readReplicas}
        placeholder={readReplicasText(bucket.effective.readReplicas)}
        hint="off, or when, how many and how long: afterReads=100, max=1, ttlHours=24"
        fault={faultAt(fault, "/readReplicas")}
        suggestions={["off", "afterReads=100,max=1,ttlHours=24"]}
        onInput={(readReplicas) => set({ readReplicas })}
      />
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
