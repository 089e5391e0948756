/** The whole window takes files while a bucket is shown, and says so while something is dragged over it. */
import { useLayoutEffect, useState } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import { sayFault } from "../ui/toast.tsx";
import { readDrop } from "./read-drop.ts";
import { upload } from "./uploads.ts";

export interface DropTargetProps {
  readonly bucket: string;
  /** The folder that is shown. */
  readonly prefix: string;
}

export function DropTarget({ bucket, prefix }: DropTargetProps) {
  const [isOver, setOver] = useState(false);
  // Before the folder is seen: else a quick drop would go to the one that was shown before, or be opened.
  useLayoutEffect(() => {
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      // Else the browser would open the file in place of the page.
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      setOver(false);
      readDrop(event.dataTransfer, (batch) => upload(bucket, prefix, batch)).catch((error: unknown) =>
        sayFault("What was dropped could not be read", { code: "Unreadable", message: String(error), status: 0 }),
      );
    };
    const listeners = { dragenter: over, dragover: over, dragleave: leave, drop } as const;
    for (const [name, listener] of Object.entries(listeners))
      document.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners))
        document.removeEventListener(name, listener as EventListener);
    };
  }, [bucket, prefix]);
  if (!isOver) return null;
  return (
    <div class="drop-target" aria-hidden="true">
      <p>
        <Icon name="upload" />
        Drop to upload to <strong>{`${bucket}/${prefix}`}</strong>
      </p>
    </div>
  );
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}
