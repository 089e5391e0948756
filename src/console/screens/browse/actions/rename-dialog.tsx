/** Gives an object or a folder another name in the same folder. */
import { useState } from "preact/hooks";
import { Field } from "../../../ui/field.tsx";
import type { Entry } from "../listing.ts";
import { MoveNote } from "./move-note.tsx";
import { moveObjects } from "./move-objects.ts";
import { nameFault, renamed, routeFault } from "./move-plan.ts";
import { TaskDialog } from "./task-dialog.tsx";
import { nameIn, titleOf } from "./title.ts";

interface RenameDialogProps {
  readonly bucket: string;
  readonly entry: Entry;
  readonly onClose: (hasBegun: boolean) => void;
}

export function RenameDialog({ bucket, entry, onClose }: RenameDialogProps) {
  const before = nameIn(entry);
  const [name, setName] = useState(before);
  const route = { ...renamed(entry, name), ...(entry.kind === "object" && { etag: entry.etag }) };
  const fault = nameFault(name) ?? routeFault([route]);
  return (
    <TaskDialog
      title={`Rename ${titleOf([entry])}`}
      action="Rename"
      word="renamed"
      disabled={fault !== undefined}
      of={entry.kind === "object" ? 1 : undefined}
      work={(run) => moveObjects({ bucket, routes: [route] }, run)}
      onClose={onClose}
    >
      <Field label="Name" value={name} fault={name === before ? undefined : fault} onInput={setName} />
      <MoveNote />
    </TaskDialog>
  );
}
