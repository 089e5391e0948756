/** Makes a link by which anybody reads an object for a time. */
import { useState } from "preact/hooks";
import type { Link } from "../../../../contract/objects.ts";
import { api } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { Choice, Tick } from "../../../ui/choice.tsx";
import { CopyRow } from "../../../ui/copy-row.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { formatTime } from "../../../ui/format.ts";
import { nameIn, titleOf } from "./title.ts";

const ENDS = [
  ["3600", "In an hour"],
  ["86400", "In a day"],
  ["604800", "In 7 days"],
] as const;

interface ShareDialogProps {
  readonly bucket: string;
  readonly objectKey: string;
  readonly onClose: () => void;
}

export function ShareDialog({ bucket, objectKey, onClose }: ShareDialogProps) {
  const entry = { kind: "object", key: objectKey } as const;
  const [seconds, setSeconds] = useState("86400");
  const [isSaved, setSaved] = useState(false);
  const [link, setLink] = useState<Link>();
  const { busy, fault, run } = useAction<Link>(setLink);
  const filename = nameIn(entry);
  const body = {
    ...{ bucket, key: objectKey, expiresSeconds: Number(seconds) },
    ...(isSaved && filename !== "" && { filename }),
  };
  const make = () => run(() => api<Link>({ method: "POST", path: "/links", body }));
  // Another choice asks for another link.
  const changing =
    <T,>(set: (value: T) => void) =>
    (value: T) => {
      setLink(undefined);
      set(value);
    };
  return (
    <Dialog title={`Share ${titleOf([entry])}`} onClose={onClose}>
      <Choice label="The link ends" value={seconds} options={ENDS} onChoose={changing(setSeconds)} />
      <Tick label="Save it as a file instead of showing it" isTicked={isSaved} onTick={changing(setSaved)} />
      {link === undefined ? (
        <div>
          <Button kind="primary" icon="open" busy={busy} onClick={() => void make()}>
            Make the link
          </Button>
        </div>
      ) : (
        <div class="shared" role="status">
          <CopyRow label="Link" text={location.origin + link.path} />
          <p class="soft">
            Anybody who has it reads this object, until {formatTime(link.expiresAt)}. Revoking the access key that
            signed you in ends it sooner.
          </p>
        </div>
      )}
      <FaultText fault={fault} />
    </Dialog>
  );
}
