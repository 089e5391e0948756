/** A labelled field that holds one entry on each line. */
import { useId } from "preact/hooks";

interface LinesProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  readonly placeholder?: string;
}

export function Lines({ label, value, onInput, hint, fault, placeholder }: LinesProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="mono lines"
        rows={2}
        value={value}
        placeholder={placeholder}
        spellcheck={false}
        autocapitalize="off"
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-note`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <p id={`${id}-note`} class={fault === undefined ? "hint" : "hint fault"}>
        {fault ?? hint}
      </p>
    </div>
  );
}
