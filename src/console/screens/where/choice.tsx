/** A labelled list to choose from, as high as a field. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly onChoose: (value: string) => void;
  /** Options, in groups or not. */
  readonly children: ComponentChildren;
}

export function Choice({ label, value, onChoose, children }: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {children}
      </select>
      <p class="hint" />
    </div>
  );
}
