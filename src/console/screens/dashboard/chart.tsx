/** A chart with what it means above it, and its numbers as a table for who does not see it. */
import { useState } from "preact/hooks";
import { lazy } from "../../lazy.tsx";
import { formatTime } from "../../ui/format.ts";
import { type Column, Table } from "../../ui/table.tsx";
import { formatValue } from "./numbers.ts";
import type { Series } from "./series.ts";

const Canvas = lazy(async () => (await import("./chart-canvas.tsx")).ChartCanvas);

interface ChartFrameProps {
  readonly series: Series;
  readonly from: number;
  readonly to: number;
  readonly scheme: string;
}

export function Chart({ series, from, to, scheme }: ChartFrameProps) {
  const { title, note } = series;
  return (
    <section class="card" aria-label={title}>
      <h3>{title}</h3>
      <p class="soft">{note}</p>
      <div class="chart-room">
        <Canvas series={series} from={from} to={to} scheme={scheme} />
      </div>
      <ChartTable series={series} />
    </section>
  );
}

/** Its rows are made when it is opened: there are hundreds. */
function ChartTable({ series: { title, unit, times, lines } }: { readonly series: Series }) {
  const [isOpen, setOpen] = useState(false);
  const columns: readonly Column<number>[] = [
    { title: "From", cell: (index) => formatTime(new Date((times[index] ?? 0) * 1000)) },
    ...lines.map(({ name, values }) => ({
      title: name,
      cell: (index: number) => formatValue(values[index], unit),
      isNumber: true,
    })),
  ];
  // The latest first, gaps left out.
  const rows = times.flatMap((_, index) => (lines.some(({ values }) => values[index] !== undefined) ? [index] : []));
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen && <Table label={title} columns={columns} rows={rows.reverse()} keyOf={String} />}
    </details>
  );
}
