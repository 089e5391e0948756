/** Tells what a deletion deletes and frees, exactly, before it is done. */
import { useLoaded } from "../../../ui/loader.ts";
import { Failing, Loading } from "../../../ui/states.tsx";
import type { Entry } from "../listing.ts";
import { deleteObjects } from "./delete-objects.ts";
import { previewDelete } from "./preview.ts";
import { previewWords } from "./preview-words.ts";
import { TaskDialog } from "./task-dialog.tsx";
import { titleOf } from "./title.ts";

interface DeleteDialogProps {
  readonly bucket: string;
  readonly entries: readonly Entry[];
  readonly onClose: (hasBegun: boolean) => void;
}

/** From so many objects on, a word must be typed. */
const MANY = 11;

export function DeleteDialog({ bucket, entries, onClose }: DeleteDialogProps) {
  const { value, fault, reload } = useLoaded((signal) => previewDelete(bucket, entries, signal), [bucket]);
  const isMany = value !== undefined && (value.truncated || value.objects >= MANY);
  return (
    <TaskDialog
      title={`Delete ${titleOf(entries)}?`}
      action="Delete"
      word="deleted"
      danger
      disabled={value === undefined}
      typed={isMany ? "delete" : undefined}
      of={value?.truncated === false ? value.objects : undefined}
      work={(run) => deleteObjects(bucket, entries, run)}
      onClose={onClose}
    >
      {value ? (
        <p class="verdict plain" role="status">
          {previewWords(value)}.
        </p>
      ) : fault ? (
        <Failing fault={fault} retry={reload} />
      ) : (
        <Loading rows={1} />
      )}
      <p class="soft">The names are gone at once and cannot be brought back. Content that other names hold stays.</p>
    </TaskDialog>
  );
}
