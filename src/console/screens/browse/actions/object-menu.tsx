/** What can be done with what is chosen, beside downloading it: share, rename, move, delete. */
import { useState } from "preact/hooks";
import { isReadOnly } from "../../../session.ts";
import { Menu } from "../../../ui/menu.tsx";
import type { Entry } from "../listing.ts";
import { isReachable } from "../names.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { MoveDialog } from "./move-dialog.tsx";
import { RenameDialog } from "./rename-dialog.tsx";
import { ShareDialog } from "./share-dialog.tsx";

interface ObjectMenuProps {
  readonly bucket: string;
  readonly prefix: string;
  readonly chosen: readonly Entry[];
  /** Names have come or gone. */
  readonly onChange: () => void;
}

type Shown = { readonly what: "share" | "rename" | "move" | "delete"; readonly entries: readonly Entry[] };

export function ObjectMenu({ bucket, prefix, chosen, onChange }: ObjectMenuProps) {
  const [shown, setShown] = useState<Shown>();
  const show = (what: Shown["what"]) => () => setShown({ what, entries: chosen });
  const onClose = (hasBegun: boolean) => {
    setShown(undefined);
    if (hasBegun) onChange();
  };
  const [only] = chosen.length === 1 ? chosen : [];
  const isShared = only?.kind === "object" && isReachable(only.key);
  const [first] = shown?.entries ?? [];
  return (
    <>
      <Menu
        icon="more"
        label="More"
        items={[
          { text: "Share …", icon: "open", isDisabled: !isShared, onChoose: show("share") },
          {
            text: "Rename …",
            icon: "tag",
            isDisabled: only === undefined || isReadOnly.value,
            onChoose: show("rename"),
          },
          { text: "Move …", icon: "folder", isDisabled: isReadOnly.value, onChoose: show("move") },
          {
            text: "Delete …",
            icon: "trash",
            isDanger: true,
            isDisabled: isReadOnly.value,
            onChoose: show("delete"),
          },
        ]}
      />
      {shown?.what === "share" && first && (
        <ShareDialog bucket={bucket} objectKey={first.key} onClose={() => setShown(undefined)} />
      )}
      {shown?.what === "rename" && first && <RenameDialog bucket={bucket} entry={first} onClose={onClose} />}
      {shown?.what === "move" && <MoveDialog {...{ bucket, prefix, entries: shown.entries, onClose }} />}
      {shown?.what === "delete" && <DeleteDialog {...{ bucket, entries: shown.entries, onClose }} />}
    </>
  );
}
