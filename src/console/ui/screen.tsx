/** A screen that shows one loaded document: its title, and the document or what stands in its place. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Loaded } from "./loader.ts";
import { Failing, Loading } from "./states.tsx";

export interface ScreenProps<T> {
  readonly title: string;
  readonly loaded: Loaded<T>;
  /** Beside the title. */
  readonly actions?: ComponentChildren;
  readonly children: (value: T) => ComponentChildren;
  /** Dialogs, which stand while the document is loaded again. */
  readonly beside?: ComponentChildren;
}

export function Screen<T>({ title, loaded, actions, children, beside }: ScreenProps<T>) {
  const { value, fault, reload } = loaded;
  const hasHadFocus = useRef(false);
  useLayoutEffect(() => {
    // What had the focus went with the rest of what was loaded before.
    if (hasHadFocus.current && document.activeElement === document.body) document.getElementById("main")?.focus();
  }, [value]);
  return (
    <section
      class="screen"
      aria-label={title}
      onFocusIn={() => {
        hasHadFocus.current = true;
      }}
    >
      <header class="screen-head">
        <h1>{title}</h1>
        {actions}
      </header>
      {value !== undefined && fault !== undefined && (
        <p class="notice" role="status">
          Not up to date: {fault.message}
        </p>
      )}
      {value !== undefined ? children(value) : fault ? <Failing fault={fault} retry={reload} /> : <Loading />}
      {beside}
    </section>
  );
}
