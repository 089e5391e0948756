/** A dialog that asks, then does it with a button that stops. What failed or was stopped stays to be read. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "../../../ui/dialog.tsx";
import { Field } from "../../../ui/field.tsx";
import { countOf } from "../../../ui/format.ts";
import { say } from "../../../ui/toast.tsx";
import type { Fault } from "../../../wire/fault.ts";
import { type Run, useTask } from "./task.ts";
import { TaskView } from "./task-view.tsx";

interface TaskDialogProps {
  readonly title: string;
  readonly action: string;
  /** Of what was done: "moved". */
  readonly word: string;
  readonly danger?: boolean;
  readonly disabled: boolean;
  /** To be typed before it begins. */
  readonly typed?: string | undefined;
  readonly of?: number | undefined;
  /** The question. */
  readonly children: ComponentChildren;
  readonly work: (run: Run) => Promise<Fault | undefined>;
  /** `hasBegun`: what is shown may not be up to date. */
  readonly onClose: (hasBegun: boolean) => void;
}

export function TaskDialog(props: TaskDialogProps) {
  const { title, action, word, danger = false, disabled, typed, of, children, work } = props;
  const [text, setText] = useState("");
  const task = useTask();
  const onClose = () => {
    task.stop();
    props.onClose(task.state !== "idle");
  };
  const { state, isStopped, fault, tally } = task;
  const isDone = state === "over" && !isStopped && fault === undefined && tally.failed === 0;
  useEffect(() => {
    if (!isDone) return;
    say(`${countOf(tally.done, "object")} ${word}.`);
    onClose();
  }, [isDone]);
  if (isDone) return null;
  if (state === "idle")
    return (
      <Dialog
        title={title}
        action={action}
        danger={danger}
        disabled={disabled || (typed !== undefined && text.trim() !== typed)}
        onAction={() => task.start(work)}
        onClose={onClose}
      >
        {children}
        {typed !== undefined && <Field label={`Type ${typed} to go on`} value={text} mono onInput={setText} />}
      </Dialog>
    );
  const view = <TaskView task={task} word={word} of={of} />;
  if (state === "over")
    return (
      <Dialog key="over" title={title} onClose={onClose}>
        {view}
      </Dialog>
    );
  return (
    <Dialog key="running" title={title} action="Stop" disabled={isStopped} onAction={task.stop} onClose={onClose}>
      {view}
    </Dialog>
  );
}
