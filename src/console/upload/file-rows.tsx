/** The files in rows of one height, of which only those in sight are in the page: ten thousand cost what ten do. */
import { useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { formatBytes } from "../ui/format.ts";
import type { Item } from "./item.ts";
import { type State, WORDS } from "./states.ts";
import { queue } from "./uploads.ts";
import { adviceFor } from "./words.ts";

const ROW_PX = 52;
const SHOWN = 6;
/** Rows above and below, so that scrolling shows no gap. */
const SPARE = 4;

export function FileRows() {
  const [top, setTop] = useState(0);
  // Read for its own sake: it changes when the files do.
  void queue.version.value;
  const items = inOrder(queue.items);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE);
  const rows = items.slice(first, first + SHOWN + 2 * SPARE);
  return (
    <section
      class="file-rows"
      aria-label="Files"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      style={{ height: `${Math.min(items.length, SHOWN) * ROW_PX}px` }}
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
    >
      <ul style={{ height: `${items.length * ROW_PX}px` }} aria-label={`${items.length} files`}>
        {rows.map((item, index) => (
          <Row key={`${item.bucket}/${item.key}`} item={item} top={(first + index) * ROW_PX} />
        ))}
      </ul>
    </section>
  );
}

function Row({ item, top }: { readonly item: Item; readonly top: number }) {
  const { path, size, state, fault } = item;
  return (
    <li class={`file-row ${state}`} style={{ top: `${top}px`, height: `${ROW_PX}px` }}>
      <p class="file-name" title={`${item.bucket}/${item.key}`}>
        <bdi>{path}</bdi>
      </p>
      <p class="soft" title={fault && faultText(item)}>
        {fault ? faultText(item) : `${wordOf(item)} · ${formatBytes(size)}`}
      </p>
      {!item.isOver && (
        <Button kind="quiet" icon="close" label={`Cancel ${path}`} onClick={() => queue.cancel([item])} />
      )}
      {(state === "failed" || state === "cancelled") && (
        <Button kind="quiet" icon="refresh" label={`Retry ${path}`} onClick={() => queue.retry([item])} />
      )}
    </li>
  );
}

function wordOf(item: Item): string {
  const { state, size, hashed, sent, stood, needsUpload } = item;
  // Of a large file that takes a while: its parts are read again where some stand.
  if (state === "uploading" && needsUpload) return "Looking for parts that are stored";
  const share =
    state === "hashing" ? hashed / size : state === "uploading" || state === "paused" ? (sent + stood) / size : 0;
  return share > 0 ? `${WORDS[state]} ${Math.floor(Math.min(share, 1) * 100)} %` : WORDS[state];
}

function faultText({ fault }: Item): string {
  if (fault === undefined) return "";
  return [`${fault.code}: ${fault.message}`, adviceFor(fault.code)].filter(Boolean).join(" ");
}

/** What moves comes first, then what needs somebody, then what waits, then what is over. */
const RANK: Readonly<Record<State, number>> = {
  uploading: 0,
  paused: 0,
  failed: 1,
  claiming: 2,
  hashing: 2,
  hashed: 3,
  ready: 3,
  waiting: 4,
  done: 5,
  linked: 6,
  cancelled: 7,
};

function inOrder(items: readonly Item[]): Item[] {
  const ranks: Item[][] = Array.from({ length: 8 }, () => []);
  for (const item of items) ranks[RANK[item.state]]?.push(item);
  return ranks.flat();
}
