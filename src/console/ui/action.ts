/** Something done on a button: while it runs it cannot be begun again, and its refusal is kept to be shown. */
import { useState } from "preact/hooks";
import type { Fault, Result } from "../wire/fault.ts";

export interface Action<T> {
  readonly busy: boolean;
  readonly fault: Fault | undefined;
  readonly run: (work: () => Promise<Result<T>>) => Promise<void>;
  /** Takes the refusal away, as what it was about has changed. */
  readonly forget: () => void;
}

export function useAction<T>(onDone: (value: T) => void): Action<T> {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault>();
  const run = async (work: () => Promise<Result<T>>) => {
    setBusy(true);
    setFault(undefined);
    const answer = await work();
    setBusy(false);
    if (answer.ok) onDone(answer.value);
    else setFault(answer.fault);
  };
  return { busy, fault, run, forget: () => setFault(undefined) };
}
