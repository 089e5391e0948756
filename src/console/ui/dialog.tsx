/** A modal question: the browser's own dialog, so that focus and Escape are the browser's. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Button } from "./button.tsx";
import { useFocusBack } from "./focus-back.ts";

export interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** What the button says that does it. Absent: the dialog only shows something. */
  readonly action?: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly busy?: boolean;
  readonly onAction?: () => void;
  readonly onClose: () => void;
}

export function Dialog(props: DialogProps) {
  const { title, children, action, danger, disabled, busy, onAction, onClose } = props;
  const ref = useRef<HTMLDialogElement>(null);
  const isGone = useRef(false);
  useLayoutEffect(() => {
    const dialog = ref.current;
    return () => {
      // Another may stand in its place already: that this one closes is nobody's wish.
      isGone.current = true;
      // While it is open nothing else can have the focus.
      dialog?.close();
    };
  }, []);
  useFocusBack(ref);
  useLayoutEffect(() => ref.current?.showModal(), []);
  const submit = (event: Event) => {
    event.preventDefault();
    if (busy !== true && disabled !== true) onAction?.();
  };
  return (
    <dialog ref={ref} class="dialog" aria-label={title} onClose={() => isGone.current || onClose()}>
      <form onSubmit={submit}>
        <h2>{title}</h2>
        <div class="dialog-body">{children}</div>
        <footer>
          <Button onClick={onClose}>{action === undefined ? "Close" : "Cancel"}</Button>
          {action !== undefined && (
            <Button submit kind={danger ? "danger" : "primary"} disabled={disabled === true} busy={busy === true}>
              {action}
            </Button>
          )}
        </footer>
      </form>
    </dialog>
  );
}
