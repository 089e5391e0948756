/** The account's access keys. `part`: what stands behind `#/administration/`. */
import type { AccessKeyDocument } from "../../../contract/keys.ts";
import { api } from "../../session.ts";
import { formatTime } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Screen } from "../../ui/screen.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const COLUMNS: readonly Column<AccessKeyDocument>[] = [
  { title: "Access key", cell: ({ accessKeyId }) => <span class="mono">{accessKeyId}</span> },
  { title: "Account", cell: ({ account }) => account },
  { title: "Made", cell: ({ createdAt }) => formatTime(createdAt), isWide: true },
  { title: "State", cell: ({ disabled }) => (disabled ? "disabled" : "in use") },
];

export function Administration({ part }: { readonly part: string }) {
  const loaded = useLoaded((signal) => api<{ items: AccessKeyDocument[] }>({ path: "/keys", signal }), [part]);
  return (
    <Screen title="Administration" loaded={loaded}>
      {({ items }) => (
        <Table label="Access keys" columns={COLUMNS} rows={items} keyOf={({ accessKeyId }) => accessKeyId} />
      )}
    </Screen>
  );
}
