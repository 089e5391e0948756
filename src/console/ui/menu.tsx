/** A button that opens a list of actions; arrows move, Escape closes and gives the focus back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, type ButtonProps } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  readonly text: string;
  readonly icon?: IconName;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  readonly onChoose: () => void;
}

interface MenuProps extends Pick<ButtonProps, "icon" | "label" | "children" | "kind"> {
  readonly items: readonly MenuItem[];
}

export function Menu({ items, ...button }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const ref = useRef<HTMLDivElement>(null);
  const close = () => {
    setOpen(false);
    ref.current?.querySelector("button")?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    entries(ref.current)[0]?.focus();
    const outside = (event: Event) => !ref.current?.contains(event.target as Element) && setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [isOpen]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp")
      move(ref.current, event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" ref={ref}>
      <Button {...button} onClick={() => setOpen(!isOpen)} />
      {isOpen && (
        <div class="menu-list" role="menu" tabIndex={-1} onKeyDown={onKeyDown}>
          {items.map(({ text, icon, isDanger, isDisabled, onChoose }) => (
            <button
              key={text}
              type="button"
              role="menuitem"
              class={isDanger ? "danger" : ""}
              disabled={isDisabled === true}
              onClick={() => {
                close();
                onChoose();
              }}
            >
              {icon && <Icon name={icon} />}
              {text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function entries(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)") ?? [])];
}

function move(menu: HTMLElement | null, step: 1 | -1): void {
  const found = entries(menu);
  const at = found.indexOf(document.activeElement as HTMLElement);
  found[(at + step + found.length) % found.length]?.focus();
}
