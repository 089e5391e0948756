/** A labelled list to choose one from, and a labelled box to tick. */
import { useId } from "preact/hooks";

type Option = readonly [value: string, text: string];

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  /** Below the options, each with a title. */
  readonly groups?: readonly (readonly [title: string, options: readonly Option[]])[];
  readonly onChoose: (value: string) => void;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
}

export function Choice({ label, value, options, groups = [], onChoose, hint, fault }: ChoiceProps) {
  const id = useId();
  const note = fault ?? hint;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-invalid={fault !== undefined}
        aria-describedby={note && `${id}-note`}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        <Options options={options} />
        {groups.map(([title, grouped]) => (
          <optgroup key={title} label={title}>
            <Options options={grouped} />
          </optgroup>
        ))}
      </select>
      {note !== undefined && (
        <p id={`${id}-note`} class={fault === undefined ? "hint" : "hint fault"}>
          {note}
        </p>
      )}
    </div>
  );
}

function Options({ options }: Pick<ChoiceProps, "options">) {
  return options.map(([value, text]) => (
    <option key={value} value={value}>
      {text}
    </option>
  ));
}

interface TickProps {
  readonly label: string;
  readonly isTicked: boolean;
  readonly onTick: (isTicked: boolean) => void;
}

export function Tick({ label, isTicked, onTick }: TickProps) {
  return (
    <label class="tick">
      <input type="checkbox" checked={isTicked} onChange={(event) => onTick(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}
