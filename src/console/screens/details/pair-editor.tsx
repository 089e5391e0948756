/** Names and values as a list, and the same list as fields once it is to be changed. */
import { useState } from "preact/hooks";
import { isReadOnly } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import type { Fault, Result } from "../../wire/fault.ts";
import type { Pair, PairFault } from "./pairs.ts";

interface PairEditorProps {
  readonly title: string;
  readonly pairs: readonly Pair[];
  /** What stands where there are none. */
  readonly none: string;
  readonly faultOf: PairFault;
  readonly save: (pairs: readonly Pair[]) => Promise<Result<undefined>>;
}

export function PairEditor(props: PairEditorProps) {
  const { title, pairs, none } = props;
  const [isEditing, setEditing] = useState(false);
  return (
    <section class="part" aria-label={title}>
      <header>
        <h3>{title}</h3>
        {!isEditing && !isReadOnly.value && (
          <Button kind="quiet" onClick={() => setEditing(true)}>
            {pairs.length === 0 ? "Add" : "Edit"}
          </Button>
        )}
      </header>
      {isEditing ? <Fields {...props} onDone={() => setEditing(false)} /> : <List pairs={pairs} none={none} />}
    </section>
  );
}

function List({ pairs, none }: Pick<PairEditorProps, "pairs" | "none">) {
  if (pairs.length === 0) return <p class="soft">{none}</p>;
  return (
    <dl class="facts">
      {pairs.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Fields({ title, pairs, faultOf, save, onDone }: PairEditorProps & { readonly onDone: () => void }) {
  const [edited, setEdited] = useState<readonly Pair[]>([...pairs, ...(pairs.length === 0 ? [EMPTY] : [])]);
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Fault>();
  const kept = edited.filter(({ name, value }) => name !== "" || value !== "");
  const fault = faultOf(kept);
  const change = (at: number, part: Partial<Pair>) =>
    setEdited(edited.map((pair, index) => (index === at ? { ...pair, ...part } : pair)));
  const submit = async (event: Event) => {
    event.preventDefault();
    if (fault !== undefined || busy) return;
    setBusy(true);
    const answer = await save(kept);
    setBusy(false);
    if (answer.ok) onDone();
    else setRefusal(answer.fault);
  };
  return (
    <form class="pairs" onSubmit={(event) => void submit(event)}>
      {edited.map(({ name, value }, index) => (
        <div class="pair" key={index}>
          <input
            aria-label={`${title}: name ${index + 1}`}
            placeholder="name"
            value={name}
            onInput={(event) => change(index, { name: event.currentTarget.value })}
          />
          <input
            aria-label={`${title}: value ${index + 1}`}
            placeholder="value"
            value={value}
            onInput={(event) => change(index, { value: event.currentTarget.value })}
          />
          <Button
            kind="quiet"
            icon="close"
            label={`Take ${name || "it"} away`}
            onClick={() => setEdited(edited.filter((_, at) => at !== index))}
          />
        </div>
      ))}
      <p class="hint fault" role="status">
        {fault ?? refusal?.message}
      </p>
      <footer>
        <Button kind="quiet" icon="plus" onClick={() => setEdited([...edited, EMPTY])}>
          Another
        </Button>
        <Button onClick={onDone}>Cancel</Button>
        <Button submit kind="primary" busy={busy} disabled={fault !== undefined}>
          Save
        </Button>
      </footer>
    </form>
  );
}

const EMPTY: Pair = { name: "", value: "" };
