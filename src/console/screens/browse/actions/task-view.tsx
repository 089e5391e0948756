/** How far a task is, and what failed of it. */

import { FaultText } from "../../../ui/fault-text.tsx";
import { countOf } from "../../../ui/format.ts";
import { Name } from "../../../ui/name.tsx";
import { Progress } from "../../../ui/progress.tsx";
import type { Task } from "./task.ts";

interface TaskViewProps {
  readonly task: Task;
  /** "moved", "deleted". */
  readonly word: string;
  /** Undefined: not known. */
  readonly of?: number | undefined;
}

export function TaskView({ task: { state, tally, isStopped, fault }, word, of }: TaskViewProps) {
  const { done, failed, failures } = tally;
  const so = `${countOf(done, "object")} ${word}`;
  return (
    <>
      {state === "running" && <Progress label={so} done={done + failed} of={of} />}
      <p role="status">
        {so}
        {failed > 0 && `, ${failed} not`}
        {state === "running" && (isStopped ? "; stopping …" : " …")}
        {state === "over" && (isStopped ? ". Stopped; the rest is as it was." : ".")}
      </p>
      {failures.length > 0 && (
        <ul class="failures" aria-label="What failed">
          {failures.map(({ key, fault: { code, message } }) => (
            <li key={key}>
              <Name text={key} />
              <span class="below">
                {message} <span class="mono">{code}</span>
              </span>
            </li>
          ))}
          {failed > failures.length && <li class="soft">and {countOf(failed - failures.length, "more", "more")}</li>}
        </ul>
      )}
      <FaultText fault={fault} />
    </>
  );
}
