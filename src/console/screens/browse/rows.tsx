/** One row of the listing: its choice, its name, its size and time. */
import { hashOf } from "../../routes.ts";
import { formatBytes, formatExactly, formatTime } from "../../ui/format.ts";
import { Icon } from "../../ui/icon.tsx";
import { Name } from "../../ui/name.tsx";
import type { Entry } from "./listing.ts";
import { nameOf } from "./names.ts";
import { clickMode, type Gesture } from "./selection.ts";

export const ROW_HEIGHT = 44;

export interface RowProps {
  readonly id: string;
  readonly index: number;
  readonly entry: Entry;
  readonly bucket: string;
  readonly prefix: string;
  readonly isChosen: boolean;
  readonly isCursor: boolean;
  readonly onGesture: (gesture: Gesture) => void;
}

export function Row({ id, index, entry, bucket, prefix, isChosen, isCursor, onGesture }: RowProps) {
  const name = nameOf(entry.key, prefix);
  const [size, time] =
    entry.kind === "object" ? [formatBytes(entry.size), formatTime(entry.modifiedAt)] : (["", ""] as const);
  const choose = (event: MouseEvent) => {
    // A click on a folder's name opens it.
    if (event.target instanceof Element && event.target.closest("a, input")) return;
    // Beside the box is meant for the box: fingers are wider than it.
    const isAtBox = event.target instanceof Element && event.target.closest(".row-choice") !== null;
    onGesture({ to: index, mode: isAtBox && !event.shiftKey ? "toggle" : clickMode(event) });
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid that holds the rows takes the keys
    <div
      id={id}
      role="row"
      tabIndex={-1}
      class={`row ${isCursor ? "cursor" : ""}`}
      // Without the words of its box: the grid reads the row out wherever the cursor goes.
      aria-label={[name, size, time].filter(Boolean).join(", ")}
      aria-selected={isChosen}
      aria-rowindex={index + 1}
      onClick={choose}
    >
      <span role="gridcell" class="row-choice">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={isChosen}
          aria-label={`Select ${name}`}
          onClick={(event) => onGesture({ to: index, mode: event.shiftKey ? "range" : "toggle" })}
        />
      </span>
      <span role="gridcell" class="row-name" title={name}>
        <Icon name={entry.kind === "folder" ? "folder" : "file"} />
        {entry.kind === "folder" ? (
          <a href={hashOf({ screen: "browse", bucket, prefix: entry.key })} tabIndex={-1}>
            <Name text={name.slice(0, -1)} />
          </a>
        ) : (
          <Name text={name} />
        )}
      </span>
      <span role="gridcell" class="row-size number">
        {size}
      </span>
      <span
        role="gridcell"
        class="row-time"
        title={entry.kind === "object" ? formatExactly(entry.modifiedAt) : undefined}
      >
        {time}
      </span>
    </div>
  );
}
