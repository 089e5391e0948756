/** The backends on the map: how each stands by its shape, a ring around those with a copy, a double one if chosen. */
import { STANDING_WORDS } from "../fleet/standing.ts";
import { StandingShape } from "../fleet/standing-mark.tsx";
import type { Point, Sheet } from "./earth.ts";
import { groupPlaces, type Place } from "./places.ts";

export interface Marker {
  readonly id: string;
  readonly at: Point;
  readonly radius: number;
  /** The region, and what is not as it ought to be. */
  readonly text: string;
  readonly places: readonly Place[];
}

/** Pixels around a shape. */
export const ROOM = 9;
/** From one shape to the next at the same place. */
const APART = 20;

export function markersOf(places: readonly Place[], sheet: Sheet): readonly Marker[] {
  return groupPlaces(places).flatMap((group) => {
    const at = group[0]?.coordinates;
    if (at === undefined) return [];
    const radius = ROOM + ((group.length - 1) * APART) / 2;
    return [{ id: group.map(({ backend }) => backend).join(" "), at: sheet.pointOf(at), radius, ...told(group) }];
  });
}

export function Markers({ markers }: { readonly markers: readonly Marker[] }) {
  return (
    <>
      {markers.map(({ id, at, places }) => (
        <g key={id} transform={`translate(${at.x} ${at.y})`}>
          {places.map((place, index) => (
            <g key={place.backend} transform={`translate(${(index - (places.length - 1) / 2) * APART} 0)`}>
              <title>{titleOf(place)}</title>
              <circle class="halo" r={ROOM} />
              <StandingShape standing={place.standing ?? "up"} />
              {place.copy && <circle class="ring" r="8" />}
              {place.isChosen && <circle class="ring chosen" r="11.5" />}
            </g>
          ))}
        </g>
      ))}
    </>
  );
}

function told(places: readonly Place[]): Pick<Marker, "text" | "places"> {
  const words = places.flatMap(({ standing }) =>
    standing === undefined || standing === "up" ? [] : [STANDING_WORDS[standing]],
  );
  const name = places[0]?.region ?? places[0]?.backend ?? "";
  return { text: [name, ...new Set(words)].join(", "), places };
}

function titleOf({ backend, standing, copy, isChosen }: Place): string {
  const parts = [backend, standing && STANDING_WORDS[standing], copy && "has a copy", isChosen && "is read from"];
  return parts.filter(Boolean).join(", ");
}
