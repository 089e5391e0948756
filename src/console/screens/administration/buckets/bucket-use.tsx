/** What a bucket takes up, counted exactly when it is asked for: that walks all its objects. */
import { useState } from "preact/hooks";
import type { BucketUsage } from "../../../../contract/objects.ts";
import { api } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { formatBytes, formatCount } from "../../../ui/format.ts";

export function BucketUse({ name }: { readonly name: string }) {
  const [usage, setUsage] = useState<BucketUsage>();
  const { busy, fault, run } = useAction<BucketUsage>(setUsage);
  return (
    <section class="part" aria-label="Use">
      <header>
        <h3>Use</h3>
        <Button kind="quiet" busy={busy} onClick={() => void run(() => api({ path: `/buckets/${name}/usage` }))}>
          {usage === undefined ? "Count" : "Count again"}
        </Button>
      </header>
      <div role="status">
        {usage ? (
          <dl class="facts use">
            <Line name="Objects" value={formatCount(usage.objects)} />
            <Line name="Their sizes together" value={formatBytes(usage.logicalBytes)} />
            <Line name="Each content once" value={formatBytes(usage.uniqueBytes)} />
            <Line name="In no other bucket" value={formatBytes(usage.ownBytes)} />
          </dl>
        ) : (
          <p class="soft">Counting walks all objects, and is exact.</p>
        )}
      </div>
      <FaultText fault={fault} />
    </section>
  );
}

function Line({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
