/** What would be lost, were a backend lost now. */
import type { BackendLoss } from "../../../../contract/backends.ts";
import type { Amount } from "../../../../contract/common.ts";
import { api } from "../../../session.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { countOf, formatBytes } from "../../../ui/format.ts";
import { type Loaded, useLoaded } from "../../../ui/loader.ts";
import { Failing, Loading } from "../../../ui/states.tsx";

export function useLoss(name: string): Loaded<BackendLoss> {
  return useLoaded((signal) => api<BackendLoss>({ path: `/backends/${name}/loss`, signal }), [name]);
}

export function LossDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const { value, fault, reload } = useLoss(name);
  return (
    <Dialog title={`What if ${name} were lost now?`} onClose={onClose}>
      {value ? <Loss loss={value} /> : fault ? <Failing fault={fault} retry={reload} /> : <Loading />}
    </Dialog>
  );
}

function Loss({ loss }: { readonly loss: BackendLoss }) {
  const { safeToLose, replicas, bytes, unreadable, atRisk, underReplicated } = loss;
  return (
    <>
      <p class={`verdict ${safeToLose ? "good" : "bad"}`} role="status">
        {safeToLose ? "Nothing would be lost." : `${amountOf(unreadable)} could not be read any more.`}
      </p>
      <dl class="facts loss">
        <Line name="On it">
          {countOf(replicas, "copy", "copies")}, {formatBytes(bytes)}
        </Line>
        <Line name="Only on it">{amountOf(unreadable)}</Line>
        <Line name="One copy left, or none">{amountOf(atRisk)}</Line>
        <Line name="To be copied again">{amountOf(underReplicated)}</Line>
      </dl>
      <p class="soft">This is a look only: nothing was changed.</p>
    </>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function amountOf({ blobs, objects, bytes }: Amount): string {
  return blobs === 0 ? "nothing" : `${countOf(objects, "object")} (${formatBytes(bytes)})`;
}
