/** A list of the API that comes by pages: the first, and more when they are asked for. */
import { useState } from "preact/hooks";
import type { ApiCall } from "../wire/api.ts";
import type { Fault, Result } from "../wire/fault.ts";
import { type Loaded, useLoaded } from "./loader.ts";

export interface ApiPage<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

export interface Listed<P> extends Loaded<P> {
  readonly loadMore: () => void;
  readonly isLoadingMore: boolean;
  readonly moreFault: Fault | undefined;
}

/** `P`: the document of a page. What stands in it beside the items is the first page's. */
export function useListed<P extends ApiPage<unknown>>(
  ask: (call: ApiCall) => Promise<Result<P>>,
  call: Pick<ApiCall, "path" | "query">,
): Listed<P> {
  const [more, setMore] = useState<{ readonly of: P; readonly pages: readonly P[] }>();
  const [isLoadingMore, setLoadingMore] = useState(false);
  const [moreFault, setMoreFault] = useState<Fault>();
  const loaded = useLoaded((signal) => ask({ ...call, signal }), [call.path, JSON.stringify(call.query)]);
  const first = loaded.value;
  // Pages behind another first one are no longer what comes after it.
  const pages = first !== undefined && more?.of === first ? more.pages : [];
  const last = pages.at(-1) ?? first;
  const loadMore = async () => {
    if (first === undefined || last?.next === undefined || isLoadingMore) return;
    setLoadingMore(true);
    const answer = await ask({ ...call, query: { ...call.query, cursor: last.next } });
    setLoadingMore(false);
    setMoreFault(answer.ok ? undefined : answer.fault);
    if (answer.ok) setMore({ of: first, pages: [...pages, answer.value] });
  };
  const value = first && { ...first, items: [first, ...pages].flatMap(({ items }) => items), next: last?.next };
  return { ...loaded, value, loadMore: () => void loadMore(), isLoadingMore, moreFault };
}
