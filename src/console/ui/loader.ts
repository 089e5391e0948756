/** Loads a value for a screen: what it depends on changes, and it is asked for again; late answers are dropped. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Fault, Result } from "../wire/fault.ts";

export interface Loaded<T> {
  /** Of the last answer that was good; stays while it is asked for again. */
  readonly value: T | undefined;
  /** Of the last answer, where that was not good. */
  readonly fault: Fault | undefined;
  readonly isLoading: boolean;
  readonly reload: () => void;
}

/** `everyMs`: asks again so often while the page can be seen. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<Result<T>>,
  inputs: readonly unknown[],
  everyMs?: number,
): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>(NOTHING);
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => setState(NOTHING), inputs as unknown[]);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, isLoading: true }));
    void load(stop.signal).then((answer) => {
      if (stop.signal.aborted) return;
      if (answer.ok) setState({ value: answer.value, fault: undefined, isLoading: false });
      else setState(({ value }) => ({ value, fault: answer.fault, isLoading: false }));
    });
    return () => stop.abort();
  }, [...inputs, turn]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return { ...state, reload };
}

const NOTHING = { value: undefined, fault: undefined, isLoading: true };
