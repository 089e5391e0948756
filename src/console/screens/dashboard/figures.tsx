/** What is stored now, and what deduplication saves. */
import type { StatsDocument } from "../../../contract/status.ts";
import { countOf, formatBytes, formatCount } from "../../ui/format.ts";
import { formatShare } from "./numbers.ts";
import { savedBytes } from "./series.ts";

export function Figures({ stats }: { readonly stats: StatsDocument }) {
  const { objects, buckets, logicalBytes, uniqueBytes, storedBytes, replicas, reclaimableBytes } = stats;
  const saved = savedBytes(stats);
  const of = logicalBytes === 0 ? "" : ` of ${formatBytes(logicalBytes)}: ${formatShare(saved / logicalBytes)}`;
  return (
    <dl class="figures">
      <Figure name="Objects" value={formatCount(objects)} note={`in ${countOf(buckets, "bucket")}`} />
      <Figure name="Sum of their sizes" value={formatBytes(logicalBytes)} note="as clients see them" />
      <Figure name="Without repetitions" value={formatBytes(uniqueBytes)} note="each content once" />
      <Figure name="Saved by deduplication" value={formatBytes(saved)} note={`the difference${of}`} />
      <Figure name="On backends" value={formatBytes(storedBytes)} note={countOf(replicas, "copy", "copies")} />
      <Figure name="To be freed" value={formatBytes(reclaimableBytes)} note="nothing refers to it any more" />
    </dl>
  );
}

function Figure({ name, value, note }: { readonly name: string; readonly value: string; readonly note: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        <span class="soft">{note}</span>
      </dd>
    </div>
  );
}
