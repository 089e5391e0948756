/** Loads a value for a screen: what it depends on changes, and it is asked for again; late answers are dropped. */
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import type { Fault, Result } from "../wire/fault.ts";

export interface Loaded<T> {
  /** Of the last answer that was good; stays while it is asked for again. */
  readonly value: T | undefined;
  /** Of the last answer, where that was not good. */
  readonly fault: Fault | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

interface Replaceable<T> extends Loaded<T> {
  /** Shows what is known without asking, as the answer to a change. */
  readonly replace: (value: T) => void;
}

/** `everyMs`: asks again so often while the page can be seen. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<Result<T>>,
  inputs: readonly unknown[],
  everyMs?: number,
): Replaceable<T> {
  // Stands for these inputs: what was loaded for others is not shown with them, not even for a moment.
  const subject = useMemo(() => ({}), inputs as unknown[]);
  const [state, setState] = useState({ subject, loaded: NOTHING as Standing<T> });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const loaded = state.subject === subject ? state.loaded : NOTHING;
  const show = (next: (before: Standing<T>) => Standing<T>) =>
    setState((before) => ({ subject, loaded: next(before.subject === subject ? before.loaded : NOTHING) }));
  const replace = (value: T) => show(() => ({ value, fault: undefined, isLoading: false }));
  useEffect(() => {
    const stop = new AbortController();
    show((before) => ({ ...before, isLoading: true }));
    void load(stop.signal).then((answer) => {
      if (stop.signal.aborted) return;
      if (answer.ok) replace(answer.value);
      else show(({ value }) => ({ value, fault: answer.fault, isLoading: false }));
    });
    return () => stop.abort();
  }, [subject, turn]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return { ...loaded, reload, replace };
}

type Standing<T> = Omit<Loaded<T>, "reload">;

const NOTHING = { value: undefined, fault: undefined, isLoading: true };
