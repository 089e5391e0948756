/** Moves objects and folders into another folder of the bucket. */
import { useState } from "preact/hooks";
import { Field } from "../../../ui/field.tsx";
import type { Entry } from "../listing.ts";
import { folderFault } from "../names.ts";
import { MoveNote } from "./move-note.tsx";
import { moveObjects } from "./move-objects.ts";
import { folderTyped, movedInto, routeFault } from "./move-plan.ts";
import { TaskDialog } from "./task-dialog.tsx";
import { titleOf } from "./title.ts";

interface MoveDialogProps {
  readonly bucket: string;
  readonly prefix: string;
  readonly entries: readonly Entry[];
  readonly onClose: (hasBegun: boolean) => void;
}

export function MoveDialog({ bucket, prefix, entries, onClose }: MoveDialogProps) {
  const [text, setText] = useState(prefix);
  const folder = folderTyped(text);
  const etags = new Map(entries.flatMap((entry) => (entry.kind === "object" ? [[entry.key, entry.etag]] : [])));
  const routes = movedInto(entries, folder).map((route) => {
    const etag = etags.get(route.from);
    return { ...route, ...(etag !== undefined && { etag }) };
  });
  const fault = (folder === "" ? undefined : folderFault(folder.slice(0, -1))) ?? routeFault(routes);
  const isKnown = entries.every(({ kind }) => kind === "object");
  return (
    <TaskDialog
      title={`Move ${titleOf(entries)}`}
      action="Move"
      word="moved"
      disabled={fault !== undefined}
      of={isKnown ? entries.length : undefined}
      work={(run) => moveObjects({ bucket, routes }, run)}
      onClose={onClose}
    >
      <Field
        label="Into the folder"
        value={text}
        mono
        placeholder="the top of the bucket"
        fault={text === prefix ? undefined : fault}
        hint="From the top of the bucket, as 2026/trips. It is made when it is new."
        onInput={setText}
      />
      <MoveNote />
    </TaskDialog>
  );
}
