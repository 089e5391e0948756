/** A labelled list to choose one from, and a labelled box to tick. */
import { useId } from "preact/hooks";

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChoose: (value: string) => void;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
}

export function Choice({ label, value, options, onChoose, hint, fault }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-note`}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
      {(fault ?? hint) !== undefined && (
        <p id={`${id}-note`} class={fault === undefined ? "hint" : "hint fault"}>
          {fault ?? hint}
        </p>
      )}
    </div>
  );
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
