/** The rows of a listing, chosen by mouse and keyboard, and what stands below the last one. */
import { useRef } from "preact/hooks";
import { go } from "../../navigation.ts";
import { countOf } from "../../ui/format.ts";
import { VirtualList } from "../../ui/virtual-list.tsx";
import type { Pages } from "./pages.ts";
import { ROW_HEIGHT, Row } from "./rows.tsx";
import { type Gesture, NOTHING, pressed, type Selection, select, selectAll } from "./selection.ts";

interface ObjectListProps {
  readonly bucket: string;
  readonly prefix: string;
  readonly pages: Pages;
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
}

export function ObjectList({ bucket, prefix, pages, selection, onSelect }: ObjectListProps) {
  const page = useRef(1);
  const { entries, hasMore } = pages;
  const keys = () => entries.map(({ key }) => key);
  const onGesture = (gesture: Gesture) => onSelect(select(selection, gesture, keys()));
  const open = () => {
    const entry = entries[selection.cursor];
    if (entry?.kind === "folder") go({ screen: "browse", bucket, prefix: entry.key });
    else if (entry?.kind === "object") onGesture({ to: selection.cursor, mode: "only" });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement && event.key === " ") return;
    const gesture = pressed(event, selection, entries.length, page.current);
    if (gesture !== undefined) {
      const selected = select(selection, gesture, keys());
      // Where details cover the list, moving along it must not open them.
      onSelect({ ...selected, isOpen: selected.isOpen && isWide() });
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) onSelect(selectAll(selection, keys()));
    else if (event.key === "Escape") onSelect({ ...NOTHING, cursor: selection.cursor });
    else if (event.key === "Enter") open();
    else return;
    event.preventDefault();
  };
  return (
    <>
      <div class="row head" aria-hidden="true">
        <span class="row-choice">
          <input
            type="checkbox"
            tabIndex={-1}
            checked={entries.length > 0 && selection.keys.size === entries.length}
            onClick={() => onSelect(selection.keys.size > 0 ? NOTHING : selectAll(selection, keys()))}
          />
        </span>
        <span class="row-name">Name</span>
        <span class="row-size number">Size</span>
        <span class="row-time">Changed</span>
      </div>
      <VirtualList
        label={`Objects of ${bucket}`}
        length={entries.length}
        rowHeight={ROW_HEIGHT}
        cursor={selection.cursor}
        activeId={selection.cursor < 0 ? undefined : idOf(selection.cursor)}
        onPage={(rows) => {
          page.current = rows;
        }}
        onEnd={pages.loadMore}
        onKeyDown={onKeyDown}
        foot={<Foot count={entries.length} hasMore={hasMore} />}
        row={(index) => {
          const entry = entries[index];
          if (entry === undefined) return null;
          const row = { id: idOf(index), index, entry, bucket, prefix, onGesture };
          const isChosen = selection.keys.has(entry.key);
          return <Row key={entry.key} {...row} isChosen={isChosen} isCursor={index === selection.cursor} />;
        }}
      />
    </>
  );
}

function Foot({ count, hasMore }: { readonly count: number; readonly hasMore: boolean }) {
  return (
    <p class="list-foot soft" role="status">
      {hasMore ? `${countOf(count, "name")} so far; more come as you scroll` : countOf(count, "name")}
    </p>
  );
}

/** Details stand beside the list. */
function isWide(): boolean {
  return matchMedia("(width >= 1080px)").matches;
}

function idOf(index: number): string {
  return `row-${index}`;
}
