/** Makes a folder: an empty object whose key ends with a slash, as other clients of S3 have it. */
import { useState } from "preact/hooks";
import { tell } from "../../session.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { folderFault } from "./names.ts";

interface MakeFolderProps {
  readonly bucket: string;
  readonly prefix: string;
  readonly onClose: () => void;
  readonly onMade: (name: string) => void;
}

export function MakeFolder({ bucket, prefix, onClose, onMade }: MakeFolderProps) {
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const fault = name === "" ? undefined : folderFault(name);
  const make = async () => {
    setBusy(true);
    const headers = { "content-type": "application/x-directory", "if-none-match": "*" };
    const answer = await tell({ method: "PUT", path: `/${bucket}/${prefix}${name}/`, headers, body: "" });
    setBusy(false);
    if (answer.ok) onMade(name);
    else setRefusal(answer.fault.status === 412 ? "There is a folder of this name." : answer.fault.message);
  };
  return (
    <Dialog
      title="New folder"
      action="Make"
      busy={busy}
      disabled={folderFault(name) !== undefined}
      onAction={() => void make()}
      onClose={onClose}
    >
      <Field
        label="Name"
        value={name}
        autofocus
        fault={fault ?? refusal}
        hint="Slashes make folders inside folders."
        onInput={(text) => {
          setRefusal(undefined);
          setName(text);
        }}
      />
    </Dialog>
  );
}
