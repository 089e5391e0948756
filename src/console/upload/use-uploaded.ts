/** Tells a screen what comes into its folder by the uploads of this tab. */
import { useEffect, useRef } from "preact/hooks";
import { queue } from "./uploads.ts";

/** Between two calls while more files are on their way. */
const APART_MS = 3_000;

/**
 * Whether files are on their way to names that begin with `prefix`. Calls `onUploaded` when the last of them is over,
 * and if `isLive`, also at the first one and every three seconds at most.
 */
export function useUploaded(bucket: string, prefix: string, isLive: boolean, onUploaded: () => void): boolean {
  const version = queue.version.value;
  const { stored, isRunning } = countIn(bucket, prefix);
  const told = useRef({ stored, atMs: 0 });
  useEffect(() => {
    told.current = { stored, atMs: 0 };
  }, [bucket, prefix]);
  useEffect(() => {
    // Files that are over can be forgotten.
    if (stored < told.current.stored) told.current = { stored, atMs: 0 };
    if (stored === told.current.stored || (isRunning && !isLive)) return;
    const tell = () => {
      told.current = { stored, atMs: Date.now() };
      onUploaded();
    };
    const timer = setTimeout(tell, isRunning ? told.current.atMs + APART_MS - Date.now() : 0);
    return () => clearTimeout(timer);
  }, [version, isLive]);
  return isRunning;
}

function countIn(bucket: string, prefix: string) {
  let [stored, running] = [0, 0];
  for (const item of queue.items) {
    if (item.bucket !== bucket || !item.key.startsWith(prefix)) continue;
    if (!item.isOver) running += 1;
    else if (item.state === "done" || item.state === "linked") stored += 1;
  }
  return { stored, isRunning: running > 0 };
}
