/** The uploads of this tab. They outlive the screens: whoever looks at another bucket meanwhile stops nothing. */
import { effect, signal, untracked } from "@preact/signals";
import { session } from "../session.ts";
import { Queue } from "./queue.ts";
import type { Batch } from "./read-drop.ts";
import { select, type Unfit } from "./selection.ts";

export const queue = new Queue();

interface LeftOut {
  readonly unfit: readonly Unfit[];
  readonly litter: number;
}

const NOTHING: LeftOut = { unfit: [], litter: 0 };

/** What was chosen and is not uploaded. */
export const leftOut = signal(NOTHING);

/** `prefix`: the folder that is shown. */
export function upload(bucket: string, prefix: string, { found, unfit }: Batch): void {
  const { chosen, ...rest } = select(found, prefix);
  const before = leftOut.value;
  leftOut.value = { unfit: [...before.unfit, ...unfit, ...rest.unfit], litter: before.litter + rest.litter };
  queue.add(bucket, chosen);
}

export function forgetAll(): void {
  leftOut.value = NOTHING;
  queue.clear();
}

// The browser then asks whether to leave.
addEventListener("beforeunload", (event) => {
  if (queue.isRunning) event.preventDefault();
});
addEventListener("online", () => queue.hurry());

let account: string | undefined;
// One account's files are never sent with another's key; the same account goes on where it was.
effect(() => {
  const now = session.value?.account;
  untracked(() => {
    if (account !== undefined && now !== undefined && now !== account) queue.abandon();
    if (now === undefined) queue.signedOut();
    else queue.signedIn();
  });
  account = now ?? account;
});
