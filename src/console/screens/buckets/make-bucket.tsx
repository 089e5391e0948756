/** Makes a bucket. */
import { useState } from "preact/hooks";
import { tell } from "../../session.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import type { Fault } from "../../wire/fault.ts";
import { bucketNameFault } from "./bucket-name.ts";

interface MakeBucketProps {
  readonly onClose: () => void;
  readonly onMade: (name: string) => void;
}

export function MakeBucket({ onClose, onMade }: MakeBucketProps) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const fault = bucketNameFault(name);
  const make = async () => {
    setBusy(true);
    const answer = await tell({ method: "PUT", path: `/${name}` });
    setBusy(false);
    if (answer.ok) onMade(name);
    else setRefusal(textOf(answer.fault));
  };
  return (
    <Dialog
      title="New bucket"
      action="Make"
      busy={busy}
      disabled={fault !== undefined}
      onAction={() => void make()}
      onClose={onClose}
    >
      <Field
        label="Name"
        value={name}
        autofocus
        mono
        // Nobody has finished a name of two letters.
        fault={refusal ?? (name.length < 3 ? undefined : fault)}
        hint="3 to 63 small letters, digits, dots and hyphens. It cannot be changed later."
        onInput={(text) => {
          setRefusal(undefined);
          setName(text);
        }}
      />
    </Dialog>
  );
}

function textOf({ code, message }: Fault): string {
  if (code === "BucketAlreadyOwnedByYou") return "You have a bucket of this name.";
  return code === "BucketAlreadyExists" ? "Another account has a bucket of this name." : message;
}
