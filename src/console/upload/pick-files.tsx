/** The button that uploads without dragging: files, or a folder with all that is in it. */
import { useRef } from "preact/hooks";
import { Menu } from "../ui/menu.tsx";
import type { DropTargetProps } from "./drop-target.tsx";
import { readPicked } from "./read-drop.ts";
import { upload } from "./uploads.ts";

/** No type knows it, every browser does. */
const WHOLE_FOLDER = { webkitdirectory: true };

export function PickFiles({ bucket, prefix }: DropTargetProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const picked = ({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => {
    if (currentTarget.files !== null) upload(bucket, prefix, readPicked(currentTarget.files));
    // The same choice again is a change again.
    currentTarget.value = "";
  };
  return (
    <div class="pick-files">
      <input ref={files} type="file" multiple hidden aria-label="Files to upload" onChange={picked} />
      <input ref={folder} type="file" {...WHOLE_FOLDER} hidden aria-label="Folder to upload" onChange={picked} />
      <Menu
        kind="primary"
        icon="upload"
        items={[
          { text: "Files", icon: "file", onChoose: () => files.current?.click() },
          { text: "A folder", icon: "folder", onChoose: () => folder.current?.click() },
        ]}
      >
        Upload
      </Menu>
    </div>
  );
}
