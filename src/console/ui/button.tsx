/** A button, and a link that looks like one. */
import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

export interface ButtonProps {
  readonly children?: ComponentChildren;
  /** Default: plain. */
  readonly kind?: "primary" | "plain" | "quiet" | "danger";
  readonly icon?: IconName;
  /** For a button that shows only its icon. */
  readonly label?: string;
  readonly submit?: boolean;
  readonly disabled?: boolean;
  /** It does its work: it cannot be pressed again, and keeps its place. */
  readonly busy?: boolean;
  /** Of a button that opens a menu: whether it is open. */
  readonly isOpen?: boolean;
  readonly onClick?: (event: MouseEvent) => void;
}

export function Button(props: ButtonProps) {
  const { children, kind = "plain", icon, label, submit, disabled, busy, isOpen, onClick } = props;
  const bare = children === undefined ? "bare" : "";
  return (
    <button
      type={submit ? "submit" : "button"}
      class={`button ${kind} ${bare} ${busy ? "busy" : ""}`}
      disabled={disabled === true || busy === true}
      aria-busy={busy}
      aria-label={label}
      aria-haspopup={isOpen === undefined ? undefined : "menu"}
      aria-expanded={isOpen}
      title={label}
      onClick={onClick}
    >
      {icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}
