/** Attaches a backend. It is tried first: what does not pass cannot be attached. */
import { useState } from "preact/hooks";
import type { BackendDocument, Findings } from "../../../../contract/backends.ts";
import { api } from "../../../session.ts";
import { type Action, useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { Choice, Tick } from "../../../ui/choice.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { FaultText } from "../../../ui/fault-text.tsx";
import { Field } from "../../../ui/field.tsx";
import { faultAt, faultBeside } from "../../../ui/field-faults.ts";
import { type BackendForm, configOf, FIELDS, type Kind, missing } from "./backend-form.ts";
import { FindingList } from "./finding-list.tsx";

const KINDS = [
  ["s3", "An S3 store"],
  ["disk", "A disk of the gateway's machine"],
] as const;

interface AttachBackendProps {
  readonly onClose: () => void;
  readonly onAttached: (backend: BackendDocument) => void;
}

export function AttachBackend({ onClose, onAttached }: AttachBackendProps) {
  const [form, setForm] = useState<BackendForm>({ kind: "s3", filled: {}, createBucket: false });
  const [tried, setTried] = useState<Findings>();
  const test = useAction<Findings>(setTried);
  const attach = useAction<BackendDocument>(onAttached);
  const fault = test.fault ?? attach.fault;
  const body = configOf(form);
  const gaps = missing(form);
  const change = (part: Partial<BackendForm>) => {
    // What was found is about what stood there before.
    setTried(undefined);
    test.forget();
    attach.forget();
    setForm({ ...form, ...part });
  };
  const fields = FIELDS[form.kind];
  return (
    <Dialog
      title="Attach a backend"
      action="Attach"
      disabled={tried?.ok !== true || test.busy}
      busy={attach.busy}
      onAction={() => void attach.run(() => api({ method: "POST", path: "/backends", body }))}
      onClose={onClose}
    >
      <Choice label="Kind" value={form.kind} options={KINDS} onChoose={(kind) => change({ kind: kind as Kind })} />
      {fields.map(({ name, label, hint, placeholder = "", isSecret = false }) => (
        <Field
          key={name}
          label={label}
          hint={hint}
          placeholder={placeholder}
          isSecret={isSecret}
          mono
          autocomplete={isSecret ? "new-password" : "off"}
          value={form.filled[name] ?? ""}
          fault={faultAt(fault, `/${name}`)}
          onInput={(text) => change({ filled: { ...form.filled, [name]: text } })}
        />
      ))}
      {form.kind === "s3" && (
        <Tick
          label="Make the bucket if it is not there"
          isTicked={form.createBucket}
          onTick={(createBucket) => change({ createBucket })}
        />
      )}
      <div class="test">
        <Button
          icon="check"
          busy={test.busy}
          disabled={gaps.length > 0}
          onClick={() => void test.run(() => api({ method: "POST", path: "/backends/probe", body }))}
        >
          Test
        </Button>
        <p class="soft" role="status">
          {statusOf(gaps, test, tried)}
        </p>
      </div>
      {tried && <FindingList findings={tried.findings} />}
      <FaultText
        fault={faultBeside(
          fault,
          fields.map(({ name }) => `/${name}`),
        )}
      />
    </Dialog>
  );
}

function statusOf(gaps: readonly string[], test: Action<Findings>, tried: Findings | undefined): string {
  if (gaps.length > 0) return `Still empty: ${gaps.join(", ").toLowerCase()}.`;
  if (test.busy) return "A test object is written, read and deleted …";
  if (test.fault !== undefined) return "It was not tested: correct what is wrong.";
  if (tried === undefined) return "Test it before it is attached. The test leaves nothing behind.";
  return tried.ok ? "It can be attached." : "It cannot be attached like this.";
}
