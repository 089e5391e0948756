/** The uploads of this tab: one bar for all of them, then file by file. */
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { countOf } from "../ui/format.ts";
import { Progress } from "../ui/progress.tsx";
import { FileRows } from "./file-rows.tsx";
import { rateOf, type Samples, secondsLeft, withSample } from "./rate.ts";
import { type Totals, totalsOf } from "./totals.ts";
import { forgetAll, leftOut, queue } from "./uploads.ts";
import { progressOf, summaryOf } from "./words.ts";

export function UploadPanel() {
  // On a phone it would cover a third of what is shown.
  const [isOpen, setOpen] = useState(() => matchMedia("(width >= 720px)").matches);
  const ref = useRef<HTMLElement>(null);
  const rate = useRate();
  const { unfit, litter } = leftOut.value;
  const totals = totalsOf(queue.items);
  const isShown = totals.files > 0 || unfit.length + litter > 0;
  useRoom(ref, isShown);
  if (!isShown) return null;
  const isOver = totals.over === totals.files;
  return (
    <section class="uploads" ref={ref} aria-label="Uploads">
      <header>
        <h2>{isOver ? "Uploads" : `Uploading ${countOf(totals.files, "file")}`}</h2>
        <Actions totals={totals} />
        <Button
          kind="quiet"
          icon={isOpen ? "down" : "right"}
          label={isOpen ? "Hide the files" : "Show the files"}
          onClick={() => setOpen(!isOpen)}
        />
        {isOver && <Button kind="quiet" icon="close" label="Close" onClick={forgetAll} />}
      </header>
      <Summary totals={totals} rate={rate} />
      {isOpen && <FileRows />}
    </section>
  );
}

function Actions({ totals: { failed, files, over } }: { readonly totals: Totals }) {
  if (over === files)
    return failed > 0 ? <Button onClick={() => queue.retry(failedOnes())}>Retry all failed</Button> : null;
  return (
    <>
      {queue.isPaused.value ? (
        <Button onClick={() => queue.resume()}>Resume</Button>
      ) : (
        <Button onClick={() => queue.pause()}>Pause</Button>
      )}
      <Button onClick={() => queue.cancel(queue.items)}>Cancel all</Button>
    </>
  );
}

function Summary({ totals, rate }: { readonly totals: Totals; readonly rate: number | undefined }) {
  const { unfit, litter } = leftOut.value;
  const trouble = queue.trouble.value;
  const isOver = totals.over === totals.files;
  return (
    <div class="uploads-summary">
      {!isOver && <Progress label="All uploads" done={totals.settled} of={totals.bytes} />}
      {!isOver && <p>{progressOf(totals, rate, secondsLeft(totals.toSend, rate))}</p>}
      {/* Stands there from the beginning, so that what comes into it is heard; the progress is not read aloud. */}
      <div role="status">
        {isOver && totals.files > 0 && <p>{summaryOf(totals)}</p>}
        {!isOver && queue.isPaused.value && <p class="soft">Paused. What is stored stays stored.</p>}
        {!isOver && trouble !== undefined && (
          <p class="notice">
            {trouble.message} {queue.isPaused.value ? "Resume goes on." : "It is tried again by itself."} (
            {trouble.code})
          </p>
        )}
      </div>
      {litter > 0 && (
        <p class="soft">{countOf(litter, "file")} that systems keep in folders (.DS_Store and the like) left out.</p>
      )}
      {unfit.length > 0 && (
        <details class="unfit">
          <summary>{countOf(unfit.length, "file")} cannot be stored</summary>
          <ul>
            {unfit.slice(0, 100).map(({ path, why }) => (
              <li key={path}>
                <span class="mono">{path}</span> {why}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** Tells the style how much of the window's foot it covers: whatever scrolls leaves so much free at its end. */
function useRoom(ref: RefObject<HTMLElement | null>, isShown: boolean): void {
  useLayoutEffect(() => {
    const { current: panel } = ref;
    if (panel === null) return;
    const { style } = document.documentElement;
    const measure = () => style.setProperty(ROOM, `${Math.ceil(innerHeight - panel.getBoundingClientRect().top)}px`);
    const observer = new ResizeObserver(measure);
    observer.observe(panel);
    addEventListener("resize", measure);
    return () => {
      observer.disconnect();
      removeEventListener("resize", measure);
      style.removeProperty(ROOM);
    };
  }, [isShown]);
}

const ROOM = "--uploads";

/** Also redraws the panel whenever the queue has something new. */
function useRate(): number | undefined {
  const version = queue.version.value;
  const samples = useRef<Samples>([]);
  const [nowMs, setNow] = useState(performance.now());
  useEffect(() => {
    const now = performance.now();
    samples.current = queue.isPaused.value ? [] : withSample(samples.current, now, queue.left);
    setNow(now);
  }, [version]);
  return rateOf(samples.current, nowMs);
}

function failedOnes() {
  return queue.items.filter(({ state }) => state === "failed");
}
