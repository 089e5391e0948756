/** What is stored, and what deduplication saves. */
import type { StatsDocument } from "../../../contract/status.ts";
import { api } from "../../session.ts";
import { formatBytes, formatCount } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Screen } from "../../ui/screen.tsx";
import { type Column, Table } from "../../ui/table.tsx";

type Row = readonly [what: string, amount: string];

const COLUMNS: readonly Column<Row>[] = [
  { title: "What", cell: ([what]) => what },
  { title: "Amount", cell: ([, amount]) => amount, isNumber: true },
];

export function Dashboard() {
  const loaded = useLoaded((signal) => api<StatsDocument>({ path: "/stats", signal }), [], 10_000);
  return (
    <Screen title="Dashboard" loaded={loaded}>
      {(stats) => <Table label="What is stored" columns={COLUMNS} rows={rowsOf(stats)} keyOf={([what]) => what} />}
    </Screen>
  );
}

function rowsOf({ objects, logicalBytes, uniqueBytes, storedBytes }: StatsDocument): readonly Row[] {
  return [
    ["Objects", formatCount(objects)],
    ["Sum of their sizes", formatBytes(logicalBytes)],
    ["Without repetitions", formatBytes(uniqueBytes)],
    ["On backends, all copies", formatBytes(storedBytes)],
  ];
}
