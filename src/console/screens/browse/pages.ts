/** A listing that grows by pages as it is scrolled; one page is asked for at a time. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ask } from "../../session.ts";
import type { Fault } from "../../wire/fault.ts";
import { type Entry, listQuery, readPage } from "./listing.ts";

export interface Pages {
  readonly entries: readonly Entry[];
  /** There is more behind them. */
  readonly hasMore: boolean;
  /** The first page has come. */
  readonly isThere: boolean;
  readonly fault: Fault | undefined;
  readonly loadMore: () => void;
  /** From the beginning. */
  readonly reload: () => void;
}

/** Browsers end a list's height at about 17 million pixels. */
const MAX_ENTRIES = 350_000;

interface State {
  readonly entries: readonly Entry[];
  readonly next: string | undefined;
  readonly isThere: boolean;
  readonly fault: Fault | undefined;
}

const NOTHING: State = { entries: [], next: undefined, isThere: false, fault: undefined };

/** `folder`: whose own marker, an object of the same name, is no row. */
export function usePages(bucket: string, folder: string, beginning: string): Pages {
  const [state, setState] = useState(NOTHING);
  const [turn, setTurn] = useState(0);
  const running = useRef<AbortController>(null);
  const prefix = folder + beginning;
  const load = async (before: State) => {
    const stop = new AbortController();
    running.current = stop;
    const query = listQuery({ prefix, after: before.next });
    const page = readPage(await ask({ path: `/${bucket}`, query, signal: stop.signal }));
    if (stop.signal.aborted) return;
    running.current = null;
    if (!page.ok) return setState({ ...before, fault: page.fault });
    const entries = before.entries.concat(page.value.entries.filter(({ key }) => key !== folder));
    setState({ entries, next: page.value.next, isThere: true, fault: undefined });
  };
  const shown = useRef("");
  useEffect(() => {
    const listed = `${bucket}/${prefix}`;
    // What is only listed again stays until it has come.
    const isAgain = shown.current === listed;
    shown.current = listed;
    setState((before) => (isAgain && !before.fault ? before : NOTHING));
    void load(NOTHING);
    return () => running.current?.abort();
  }, [bucket, prefix, turn]);
  const hasMore = state.next !== undefined && state.entries.length < MAX_ENTRIES;
  const loadMore = () => {
    if (hasMore && running.current === null) void load(state);
  };
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { entries: state.entries, hasMore, isThere: state.isThere, fault: state.fault, loadMore, reload };
}
