/** Tells a screen that objects have come into its bucket, when the last file on its way is over. */
import { useEffect, useRef } from "preact/hooks";
import { queue } from "./uploads.ts";

export function useUploaded(bucket: string, onUploaded: () => void): void {
  const seen = useRef(storedIn(bucket));
  const version = queue.version.value;
  useEffect(() => {
    const stored = storedIn(bucket);
    if (stored === seen.current || queue.items.some(({ isOver }) => !isOver)) return;
    if (stored > seen.current) onUploaded();
    seen.current = stored;
  }, [bucket, version]);
}

function storedIn(bucket: string): number {
  return queue.items.filter((item) => item.bucket === bucket && (item.state === "done" || item.state === "linked"))
    .length;
}
