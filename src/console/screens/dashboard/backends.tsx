/** The backends: how each stands, what it holds, and whether it may be lost now. */
import type { BackendStatusDocument } from "../../../contract/status.ts";
import { countOf, formatBytes, formatCount } from "../../ui/format.ts";
import { type Column, Table } from "../../ui/table.tsx";
import { standingOf } from "../fleet/standing.ts";
import { StandingMark } from "../fleet/standing-mark.tsx";
import { formatValue } from "./numbers.ts";

const COLUMNS: readonly Column<BackendStatusDocument>[] = [
  {
    title: "Backend",
    cell: ({ name, region }) => (
      <>
        {name}
        {region !== undefined && region !== name && <p class="soft small">{region}</p>}
      </>
    ),
  },
  {
    title: "State",
    cell: (backend) => (
      <>
        <StandingMark standing={standingOf(backend)} />
        {backend.live?.why !== undefined && <p class="soft small">{backend.live.why}</p>}
      </>
    ),
  },
  { title: "Latency", cell: ({ live }) => formatValue(live?.latencyMs, "ms"), isNumber: true, isWide: true },
  {
    title: "Copies",
    cell: ({ replicas, bytes }) => (
      <>
        {formatCount(replicas)}
        <p class="soft small">{formatBytes(bytes)}</p>
      </>
    ),
    isNumber: true,
    isWide: true,
  },
  {
    title: "Free",
    cell: ({ live }) =>
      live?.space === undefined ? (
        "not told"
      ) : (
        <>
          {formatBytes(live.space.free)}
          <p class="soft small">of {formatBytes(live.space.total)}</p>
        </>
      ),
    isNumber: true,
    isWide: true,
  },
  { title: "Safe to lose?", cell: (backend) => <SafeToLose {...backend} /> },
];

export function Backends({ backends }: { readonly backends: readonly BackendStatusDocument[] }) {
  return (
    <section class="part-of-dashboard" aria-label="Backends">
      <h2>Backends</h2>
      <Table label="Backends" columns={COLUMNS} rows={backends} keyOf={({ name }) => name} />
    </section>
  );
}

function SafeToLose({ safeToLose, onlyHere }: BackendStatusDocument) {
  if (safeToLose) return <>yes</>;
  return (
    <>
      <strong>No</strong>
      <p class="soft small">
        the only good copy of {countOf(onlyHere.objects, "object")}, {formatBytes(onlyHere.bytes)}
      </p>
    </>
  );
}
