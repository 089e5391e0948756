/**
 * A list of any length with rows of one height: only those in sight are in the page. It scrolls by itself and can be
 * told which row to keep in sight.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export interface VirtualListProps {
  readonly label: string;
  readonly length: number;
  /** Pixels. */
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  /** The row that is scrolled to when it changes; -1: none. */
  readonly cursor: number;
  /** The id of that row's element. */
  readonly activeId: string | undefined;
  /** How many rows are in sight. */
  readonly onPage: (rows: number) => void;
  /** The end is in sight, or nearly. */
  readonly onEnd: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

/** Rows beyond the edges, so that a fast wheel shows no gaps. */
const MARGIN = 12;

export function VirtualList(props: VirtualListProps) {
  const { label, length, rowHeight, row, cursor, activeId, onPage, onEnd, onKeyDown } = props;
  const ref = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  useLayoutEffect(() => {
    const frame = ref.current;
    if (frame === null) return;
    const watch = new ResizeObserver(() => setHeight(frame.clientHeight));
    watch.observe(frame);
    return () => watch.disconnect();
  }, []);
  useEffect(() => onPage(Math.max(1, Math.floor(height / rowHeight) - 1)), [height, rowHeight]);
  useLayoutEffect(() => {
    const frame = ref.current;
    if (frame === null || cursor < 0) return;
    const at = cursor * rowHeight;
    const seen = Math.max(rowHeight, frame.clientHeight - coveredOf(frame));
    if (at < frame.scrollTop) frame.scrollTop = at;
    else if (at + rowHeight > frame.scrollTop + seen) frame.scrollTop = at + rowHeight - seen;
  }, [cursor, rowHeight]);
  const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN);
  const end = Math.min(length, Math.ceil((top + height) / rowHeight) + MARGIN);
  useEffect(() => {
    if (end >= length - MARGIN) onEnd();
  }, [end, length]);
  const rows = [];
  for (let index = first; index < end; index += 1) rows.push(row(index));
  return (
    <div
      ref={ref}
      class="virtual"
      role="grid"
      aria-label={label}
      aria-multiselectable
      aria-rowcount={length}
      aria-activedescendant={activeId}
      tabIndex={0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div class="virtual-all" role="presentation" style={{ height: `${length * rowHeight}px` }}>
        <div class="virtual-seen" role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

/** Pixels at the foot that something lies over, as the style says. */
function coveredOf(frame: HTMLElement): number {
  return Number.parseFloat(getComputedStyle(frame).scrollPaddingBottom) || 0;
}
