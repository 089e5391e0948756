/** Lists that the API gives in pages, as a whole. */
import type { z } from "zod";
import { pageOf } from "../../contract/common.ts";
import type { Api } from "../api-client.ts";

const MOST = 1000;

export async function allPages<T extends z.ZodType>(
  api: Api,
  path: string,
  item: T,
  query: Readonly<Record<string, string>> = {},
): Promise<readonly z.output<T>[]> {
  const items: z.output<T>[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.call("GET", path, pageOf(item), { query: { ...query, limit: MOST, cursor } });
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return items;
}
