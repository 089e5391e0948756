/** What went wrong, below what was tried: the sentence, the code to look up, and the request for the log. */
import type { Fault } from "../wire/fault.ts";

/** Its room is there from the beginning, so that a screen reader hears what appears in it. */
export function FaultText({ fault }: { readonly fault: Fault | undefined }) {
  return (
    <div class="fault-text" role="alert">
      {fault && (
        <>
          <p>{sentence(fault.message)}</p>
          <p class="soft mono">
            {fault.code}
            {fault.requestId !== undefined && ` · request ${fault.requestId}`}
          </p>
        </>
      )}
    </div>
  );
}

/** As a sentence: it begins with a capital, unless with a name, and ends with a stop. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
