/** The map's facts as a table. */

import { type Column, Table } from "../../ui/table.tsx";
import { STANDING_WORDS } from "../fleet/standing.ts";
import { StandingMark } from "../fleet/standing-mark.tsx";
import { formatCoordinates } from "./earth.ts";
import { formatKm, formatMs, type Place } from "./places.ts";

interface PlacesTableProps {
  readonly places: readonly Place[];
  /** An object is chosen, and explained. */
  readonly isExplained: boolean;
}

export function PlacesTable({ places, isExplained }: PlacesTableProps) {
  const columns = isExplained ? [...FLEET, ...OBJECT] : FLEET;
  return <Table label="Backends" columns={columns} rows={places} keyOf={({ backend }) => backend} />;
}

const FLEET: readonly Column<Place>[] = [
  {
    title: "Backend",
    cell: ({ backend, region, coordinates }) => (
      <>
        {backend}
        <p class="soft at">
          {region !== undefined && region !== backend && `${region}, `}
          {coordinates ? formatCoordinates(coordinates) : "place not known"}
        </p>
      </>
    ),
  },
  {
    title: "State",
    cell: ({ standing }) =>
      standing ? <StandingMark standing={standing} text={STANDING_WORDS[standing]} /> : "for operators",
  },
];

const OBJECT: readonly Column<Place>[] = [
  {
    title: "Copy",
    cell: ({ copy, isChosen }) => (
      <>
        {isChosen ? <strong class="whole">read from</strong> : copy ? "yes" : "no"}
        {/* A narrow screen has no room for its column. */}
        {copy && <p class="soft at narrow">{formatKm(copy.distanceKm)}</p>}
      </>
    ),
  },
  { title: "Distance", cell: ({ copy }) => (copy ? formatKm(copy.distanceKm) : ""), isNumber: true, isWide: true },
  { title: "Latency", cell: ({ copy }) => (copy ? formatMs(copy.latencyMs) : ""), isNumber: true, isWide: true },
];
