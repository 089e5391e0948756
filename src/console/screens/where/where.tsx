/** Where copies stand: the backends and their regions. */
import type { BackendStatusDocument, StatusDocument } from "../../../contract/status.ts";
import { api } from "../../session.ts";
import { formatBytes, formatCount } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Screen } from "../../ui/screen.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const COLUMNS: readonly Column<BackendStatusDocument>[] = [
  { title: "Backend", cell: ({ name }) => name },
  { title: "Region", cell: ({ region }) => region ?? "none" },
  { title: "State", cell: ({ state, live }) => (live?.up === false ? "away" : state), isWide: true },
  { title: "Copies", cell: ({ replicas }) => formatCount(replicas), isNumber: true },
  { title: "Size", cell: ({ bytes }) => formatBytes(bytes), isNumber: true },
];

export function Where() {
  const loaded = useLoaded((signal) => api<StatusDocument>({ path: "/status", signal }), [], 10_000);
  return (
    <Screen title="Where it lives" loaded={loaded}>
      {({ backends }) => <Table label="Backends" columns={COLUMNS} rows={backends} keyOf={({ name }) => name} />}
    </Screen>
  );
}
