/** Stands below a list that has more pages. */
import { Button } from "./button.tsx";
import { FaultText } from "./fault-text.tsx";
import type { ApiPage, Listed } from "./listed.ts";

export function More({ list }: { readonly list: Listed<ApiPage<unknown>> }) {
  if (list.value?.next === undefined) return null;
  return (
    <div class="more">
      <Button busy={list.isLoadingMore} onClick={list.loadMore}>
        Show more
      </Button>
      <FaultText fault={list.moreFault} />
    </div>
  );
}
