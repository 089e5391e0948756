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
  /** The prefix with its bucket: what was listed of another is not shown with this one, not even for a moment. */
  readonly listed: string;
  readonly entries: readonly Entry[];
  readonly next: string | undefined;
  readonly isThere: boolean;
  readonly fault: Fault | undefined;
}

const NOTHING = { entries: [], next: undefined, isThere: false, fault: undefined };

/** `folder`: whose own marker, an object of the same name, is no row. */
export function usePages(bucket: string, folder: string, beginning: string): Pages {
  const [turn, setTurn] = useState(0);
  const running = useRef<AbortController>(null);
  const prefix = folder + beginning;
  const listed = `${bucket}/${prefix}`;
  const nothing: State = { listed, ...NOTHING };
  const [kept, setKept] = useState(nothing);
  const state = kept.listed === listed ? kept : nothing;
  const load = async (before: State) => {
    const stop = new AbortController();
    running.current = stop;
    const query = listQuery({ prefix, after: before.next });
    const page = readPage(await ask({ path: `/${bucket}`, query, signal: stop.signal }));
    if (stop.signal.aborted) return;
    running.current = null;
    if (!page.ok) return setKept({ ...before, fault: page.fault });
    const entries = before.entries.concat(page.value.entries.filter(({ key }) => key !== folder));
    setKept({ listed, entries, next: page.value.next, isThere: true, fault: undefined });
  };
  useEffect(() => {
    // What is only listed again stays until it has come.
    setKept((before) => (before.listed === listed && !before.fault ? before : nothing));
    void load(nothing);
    return () => running.current?.abort();
  }, [listed, turn]);
  const hasMore = state.next !== undefined && state.entries.length < MAX_ENTRIES;
  const loadMore = () => {
    if (hasMore && running.current === null) void load(state);
  };
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  return { entries: state.entries, hasMore, isThere: state.isThere, fault: state.fault, loadMore, reload };
}
