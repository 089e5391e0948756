/** A button that opens a list of actions; arrows move, Escape closes and gives the focus back. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button, type ButtonProps } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

interface MenuItem {
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
  const list = useRef<HTMLDivElement>(null);
  const close = () => {
    setOpen(false);
    ref.current?.querySelector("button")?.focus();
  };
  useLayoutEffect(() => {
    if (!isOpen || ref.current === null || list.current === null) return;
    place(list.current, ref.current.getBoundingClientRect());
    entries(list.current)[0]?.focus();
    const outside = (event: Event) => !ref.current?.contains(event.target as Element) && setOpen(false);
    const leave = () => setOpen(false);
    document.addEventListener("pointerdown", outside);
    addEventListener("resize", leave);
    document.addEventListener("scroll", leave, true);
    return () => {
      document.removeEventListener("pointerdown", outside);
      removeEventListener("resize", leave);
      document.removeEventListener("scroll", leave, true);
    };
  }, [isOpen]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp")
      move(list.current, event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Home") entries(list.current)[0]?.focus();
    else if (event.key === "End") entries(list.current).at(-1)?.focus();
    else if (event.key === "Tab") return setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" ref={ref}>
      <Button {...button} isOpen={isOpen} onClick={() => setOpen(!isOpen)} />
      {isOpen && (
        <div
          class="menu-list"
          ref={list}
          popover="manual"
          role="menu"
          aria-label={button.label}
          tabIndex={-1}
          onKeyDown={onKeyDown}
        >
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

/** Above everything, below its button, or above it where there is no room. */
function place(list: HTMLElement, { top, bottom, left, right }: DOMRect): void {
  list.showPopover();
  const { offsetWidth: width, offsetHeight: height } = list;
  const isBelow = bottom + GAP + height < innerHeight;
  const isLeft = right - width > 0;
  list.style.top = `${isBelow ? bottom + GAP : top - GAP - height}px`;
  list.style.left = `${isLeft ? right - width : left}px`;
}

const GAP = 4;

function entries(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)") ?? [])];
}

function move(menu: HTMLElement | null, step: 1 | -1): void {
  const found = entries(menu);
  const at = found.indexOf(document.activeElement as HTMLElement);
  found[(at + step + found.length) % found.length]?.focus();
}
