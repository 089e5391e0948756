/** The world: where backends stand, where the client is, and the ways to the copies. Its table says the same. */
import { useMemo, useRef } from "preact/hooks";
import { useWidth } from "../../ui/use-width.ts";
import { arcOf, type Coordinates, moved, openSheet, SHAPE, type Sheet } from "./earth.ts";
import { type Label, placeLabels } from "./labels.ts";
import { land } from "./land.ts";
import { Markers, markersOf, ROOM } from "./markers.tsx";
import type { Place } from "./places.ts";

export interface WorldMapProps {
  readonly places: readonly Place[];
  /** Where the client is, where that is known. */
  readonly client: Coordinates | undefined;
  readonly isBusy: boolean;
  readonly onPick: (at: Coordinates) => void;
}

const ARROWS: Readonly<Record<string, Coordinates>> = {
  ArrowUp: { latitude: 5, longitude: 0 },
  ArrowDown: { latitude: -5, longitude: 0 },
  ArrowLeft: { latitude: 0, longitude: -5 },
  ArrowRight: { latitude: 0, longitude: 5 },
};
const CENTRE: Coordinates = { latitude: 0, longitude: 0 };

export function WorldMap({ places, client, isBusy, onPick }: WorldMapProps) {
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const sheet = useMemo(() => (width > 0 ? openSheet(width) : undefined), [width]);
  const onClick = (event: MouseEvent) => {
    const box = ref.current?.getBoundingClientRect();
    if (box === undefined) return;
    const at = sheet?.coordinatesAt({ x: event.clientX - box.left, y: event.clientY - box.top });
    if (at !== undefined) onPick(at);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = ARROWS[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    onPick(moved(client ?? CENTRE, by));
  };
  return (
    <div
      class="map"
      ref={ref}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: an application takes keys, and says which.
      tabIndex={0}
      aria-label="World map: arrow keys move the place that is read from, by 5 degrees. The table has the same facts."
      aria-busy={isBusy}
      style={{ aspectRatio: String(SHAPE) }}
      onClick={onClick}
      onKeyDown={onKeyDown}
    >
      {sheet && <Drawing sheet={sheet} places={places} client={client} />}
    </div>
  );
}

function Drawing({ sheet, places, client }: Pick<WorldMapProps, "places" | "client"> & { readonly sheet: Sheet }) {
  const ground = useMemo(() => sheet.pathOf(land), [sheet]);
  const markers = markersOf(places, sheet);
  const you = client && sheet.pointOf(client);
  const labels: Label[] = [
    ...(you ? [{ id: "client", text: "the client", at: you, radius: ROOM }] : []),
    ...markers.map(({ id, text, at, radius }) => ({ id, text, at, radius })),
  ];
  return (
    <svg viewBox={`0 0 ${sheet.width} ${sheet.height}`} aria-hidden="true" focusable="false">
      <path class="land" d={ground} />
      {client !== undefined && places.map((place) => <Way key={place.backend} {...{ sheet, client, place }} />)}
      <Markers markers={markers} />
      {you && <path class="client" transform={`translate(${you.x} ${you.y})`} d="M0-7.5L7.5 0 0 7.5-7.5 0z" />}
      {placeLabels(labels, sheet.width, sheet.height).map(({ id, text, x, y, anchor }) => (
        <text key={id} class={id === "client" ? "own" : ""} x={x} y={y} text-anchor={anchor}>
          {text}
        </text>
      ))}
    </svg>
  );
}

/** To a copy; the one that is read from is drawn solid and thick, the others dashed. */
function Way(props: { readonly sheet: Sheet; readonly client: Coordinates; readonly place: Place }) {
  const { sheet, client, place } = props;
  const { coordinates, copy, isChosen } = place;
  if (copy === undefined || coordinates === undefined) return null;
  return <path class={isChosen ? "way chosen" : "way"} d={sheet.pathOf(arcOf(client, coordinates))} />;
}
