/** Which clients read by redirects and which through the gateway. */
import type { HistoryDocument } from "../../../contract/status.ts";
import { formatBytes, formatCount } from "../../ui/format.ts";
import { type Column, Table } from "../../ui/table.tsx";
import { formatShare } from "./numbers.ts";
import { type FamilyShare, familyShares } from "./series.ts";

const COLUMNS: readonly Column<FamilyShare>[] = [
  { title: "Client", cell: ({ family }) => family },
  { title: "Reads", cell: ({ requests }) => formatCount(requests), isNumber: true, isWide: true },
  { title: "Redirected", cell: ({ redirected }) => formatBytes(redirected), isNumber: true },
  { title: "Through the gateway", cell: ({ proxied }) => formatBytes(proxied), isNumber: true },
  { title: "Share redirected", cell: ({ share }) => <Share share={share} />, isWide: true },
];

export function Families({ history }: { readonly history: HistoryDocument }) {
  const shares = familyShares(history);
  return (
    <section class="part-of-dashboard" aria-label="Reads by client">
      <h3>Reads by client</h3>
      {shares.length === 0 ? (
        <p class="soft">Nothing was read within this time.</p>
      ) : (
        <Table label="Reads by client" columns={COLUMNS} rows={shares} keyOf={({ family }) => family} />
      )}
    </section>
  );
}

function Share({ share }: Pick<FamilyShare, "share">) {
  if (share === undefined) return <>–</>;
  return (
    <span class="share">
      <meter min={0} max={1} value={share} aria-hidden="true" />
      {formatShare(share)}
    </span>
  );
}
