/** Asks before something is done. What cannot be undone asks for a word to be typed. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Fault } from "../wire/fault.ts";
import { Dialog } from "./dialog.tsx";
import { FaultText } from "./fault-text.tsx";
import { Field } from "./field.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly action: string;
  readonly children: ComponentChildren;
  readonly danger?: boolean;
  /** To be typed, letter by letter; absent: nothing is. */
  readonly word?: string | undefined;
  readonly disabled?: boolean;
  readonly busy: boolean;
  readonly fault: Fault | undefined;
  readonly onAction: () => void;
  readonly onClose: () => void;
}

export function Confirm({ children, word, disabled, fault, ...dialog }: ConfirmProps) {
  const [typed, setTyped] = useState("");
  const isTyped = word === undefined || typed.trim() === word;
  return (
    <Dialog {...dialog} disabled={disabled === true || !isTyped}>
      {children}
      {word !== undefined && <Field label={`Type ${word} to go on`} value={typed} mono onInput={setTyped} />}
      <FaultText fault={fault} />
    </Dialog>
  );
}
