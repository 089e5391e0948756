/** A labelled input with its hint or its fault below, in room that is kept free: nothing moves when a fault appears. */
import { useId, useLayoutEffect, useRef } from "preact/hooks";

/** The attributes of the two differ in preact's types only in what is not used here. */
const TYPE = { open: "text", secret: "password" as "text" } as const;

export interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** Its letters are not shown. */
  readonly isSecret?: boolean;
  readonly hint?: string | undefined;
  readonly fault?: string | undefined;
  readonly placeholder?: string;
  readonly autocomplete?: string;
  readonly autofocus?: boolean;
  readonly mono?: boolean;
  /** Offered while typing. */
  readonly suggestions?: readonly string[];
}

export function Field(props: FieldProps) {
  const { label, value, onInput, isSecret, hint, fault, placeholder, autocomplete = "off", autofocus } = props;
  const { suggestions } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  // Once: whoever is in another field by then stays there.
  useLayoutEffect(() => {
    if (autofocus) input.current?.focus();
  }, []);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type={TYPE[isSecret ? "secret" : "open"]}
        value={value}
        class={props.mono ? "mono" : undefined}
        list={suggestions && `${id}-list`}
        placeholder={placeholder}
        autocomplete={autocomplete}
        autocapitalize="off"
        spellcheck={false}
        ref={input}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-note`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {suggestions && (
        <datalist id={`${id}-list`}>
          {suggestions.map((text) => (
            <option key={text} value={text} />
          ))}
        </datalist>
      )}
      <p
        id={`${id}-note`}
        class={fault === undefined ? "hint" : "hint fault"}
        role={fault === undefined ? undefined : "alert"}
      >
        {fault ?? hint}
      </p>
    </div>
  );
}
