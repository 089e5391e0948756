/** Deletes a bucket, which must be empty. */
import { useState } from "preact/hooks";
import { tell } from "../../session.ts";
import { Dialog } from "../../ui/dialog.tsx";
import type { Fault } from "../../wire/fault.ts";

interface DeleteBucketProps {
  readonly name: string;
  readonly onClose: () => void;
  readonly onGone: () => void;
}

export function DeleteBucket({ name, onClose, onGone }: DeleteBucketProps) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault>();
  const remove = async () => {
    setBusy(true);
    const answer = await tell({ method: "DELETE", path: `/${name}` });
    setBusy(false);
    if (answer.ok || answer.fault.code === "NoSuchBucket") onGone();
    else setFault(answer.fault);
  };
  return (
    <Dialog
      title={`Delete ${name}?`}
      action="Delete the bucket"
      danger
      busy={busy}
      onAction={() => void remove()}
      onClose={onClose}
    >
      <p>
        Only an empty bucket can be deleted. Its settings and tags are gone with it; anybody may take the name then.
      </p>
      <p class="hint fault" role="status">
        {fault && textOf(fault)}
      </p>
    </Dialog>
  );
}

function textOf({ code, message }: Fault): string {
  return code === "BucketNotEmpty" ? "It still holds objects, or uploads that were not finished." : message;
}
