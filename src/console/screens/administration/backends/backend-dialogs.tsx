/** What is asked before a backend is drained, replaced or removed. */
import type { ComponentChildren } from "preact";
import type { Missing } from "../../../../contract/missing-text.ts";
import { api } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Confirm } from "../../../ui/confirm.tsx";
import { countOf, formatBytes } from "../../../ui/format.ts";
import { Failing, Loading } from "../../../ui/states.tsx";
import type { Fault } from "../../../wire/fault.ts";
import { type BackendRow, refusalWords, stuckWords } from "./backend-rows.ts";
import { amountOf, useLoss } from "./loss.tsx";

export interface BackendDialogProps {
  readonly row: BackendRow;
  readonly onClose: () => void;
  /** With what is to be told. `but`: what keeps it from going on. */
  readonly onDone: (news: string, but?: string) => void;
}

export function Drain({ row: { name, replicas, bytes }, onClose, onDone }: BackendDialogProps) {
  const { busy, fault, run } = useAction<Missing>((missing) =>
    missing.backendsMissing === undefined
      ? onDone(`${name} gets nothing new, and is being emptied.`)
      : onDone(`${name} gets nothing new, but the others cannot take all of its copies.`, stuckWords(missing)),
  );
  return (
    <Confirm
      title={`Drain ${name}?`}
      action="Drain"
      {...{ busy, fault: told(fault), onClose }}
      onAction={() => void run(() => api({ method: "POST", path: `/backends/${name}/drain` }))}
    >
      <p>
        It gets nothing new, and {countOf(replicas, "copy", "copies")} ({formatBytes(bytes)}) are made elsewhere. It is
        read from until then. Resume it at any time.
      </p>
    </Confirm>
  );
}

export function Remove({ row: { name, condition }, onClose, onDone }: BackendDialogProps) {
  const { busy, fault, run } = useAction(() => onDone(`Removed ${name}.`));
  return (
    <Confirm
      title={`Remove ${name}?`}
      action="Remove"
      danger
      {...{ busy, fault: told(fault), onClose }}
      onAction={() => void run(() => api({ method: "DELETE", path: `/backends/${name}` }))}
    >
      <p>
        It is never asked again. The gateway refuses while anything stands only there
        {condition === "lost" ? "." : ", or would have too few copies without it."} What the store still holds is left
        to you.
      </p>
    </Confirm>
  );
}

/** The loss is told before it is accepted, and the backend's name is typed. */
export function Replace({ row: { name }, onClose, onDone }: BackendDialogProps) {
  const loss = useLoss(name);
  const { busy, fault, run } = useAction<{ readonly lostReplicas: number }>(({ lostReplicas }) =>
    onDone(`${name} has a new store. ${countOf(lostReplicas, "copy", "copies")} will be made again.`),
  );
  const isLosing = (loss.value?.unreadable.blobs ?? 0) > 0;
  const body = { acceptLoss: isLosing };
  return (
    <Confirm
      title={`Replace ${name}?`}
      action={isLosing ? "Give up what is lost, and replace" : "Replace"}
      danger={isLosing}
      word={isLosing ? name : undefined}
      disabled={loss.value === undefined}
      {...{ busy, fault: told(fault), onClose }}
      onAction={() => void run(() => api({ method: "POST", path: `/backends/${name}/replace`, body }))}
    >
      <p>
        The empty store that stands in its place now is used as {name}. What stood on the old one counts as lost, and is
        copied again from elsewhere.
      </p>
      <Consequence isThere={loss.value !== undefined} fault={loss.fault} retry={loss.reload}>
        {loss.value &&
          (isLosing ? (
            <p class="verdict bad">
              {amountOf(loss.value.unreadable)} stand on no other backend: they are given up for good. If the old store
              may come back, wait for it.
            </p>
          ) : (
            <p class="verdict good">Everything on it stands elsewhere, too: nothing is given up.</p>
          ))}
      </Consequence>
    </Confirm>
  );
}

function Consequence(props: {
  readonly isThere: boolean;
  readonly fault: Fault | undefined;
  readonly retry: () => void;
  readonly children: ComponentChildren;
}) {
  if (props.isThere) return <>{props.children}</>;
  return props.fault ? <Failing fault={props.fault} retry={props.retry} /> : <Loading rows={1} />;
}

export function told(fault: Fault | undefined): Fault | undefined {
  return fault && { ...fault, message: refusalWords(fault.message) };
}
