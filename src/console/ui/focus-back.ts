/** Focus that comes and goes: what is closed gives it back to what had it before. */
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";

/** When `ref`'s element leaves the page with the focus inside, the focus goes where it was when the element came. */
export function useFocusBack(ref: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const [element, before] = [ref.current, document.activeElement];
    return () => {
      const at = document.activeElement;
      const isLost = at === null || at === document.body || element?.contains(at) === true;
      if (isLost && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
}
