/** All files in one sum. Bytes that were linked, or stood already, are done without having been sent. */
import { isOver, type State } from "./states.ts";

export interface Counted {
  readonly state: State;
  readonly size: number;
  /** Bytes that left and count: those of parts in flight too. */
  readonly sent: number;
  /** Bytes of parts that an earlier attempt had stored. */
  readonly stood: number;
  readonly hashed: number;
}

export interface Totals {
  readonly files: number;
  readonly over: number;
  readonly linked: number;
  readonly done: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of all files but the cancelled ones. */
  readonly bytes: number;
  /** Of `bytes`: need not be sent, or have been. */
  readonly settled: number;
  readonly linkedBytes: number;
  readonly stoodBytes: number;
  readonly sentBytes: number;
  /** Of the files that are still to be read: those bytes may turn out to be stored. */
  readonly unread: number;
  /** What is still to be sent, as far as is known: at most so much. */
  readonly toSend: number;
}

export function totalsOf(files: Iterable<Counted>): Totals {
  const count = { waiting: 0, hashing: 0, hashed: 0, claiming: 0, ready: 0, uploading: 0, paused: 0 };
  const ends = { linked: 0, done: 0, failed: 0, cancelled: 0 };
  const by: Record<State, number> = { ...count, ...ends };
  const sum = { files: 0, over: 0, bytes: 0, settled: 0, linkedBytes: 0, stoodBytes: 0, sentBytes: 0 };
  let [unread, toSend] = [0, 0];
  for (const { state, size, sent, stood, hashed } of files) {
    by[state] += 1;
    sum.files += 1;
    sum.sentBytes += sent;
    if (isOver(state)) sum.over += 1;
    if (state === "cancelled") continue;
    const settled = state === "linked" ? size : Math.min(size, sent + stood);
    sum.bytes += size;
    sum.settled += settled;
    sum.stoodBytes += stood;
    if (state === "linked") sum.linkedBytes += size;
    if (!isOver(state)) {
      toSend += size - settled;
      if (state === "waiting" || state === "hashing") unread += size - hashed;
    }
  }
  const { linked, done, failed, cancelled } = by;
  return { ...sum, linked, done, failed, cancelled, unread, toSend };
}

/** Whole percents; 100 only when all is settled. */
export function percentOf({ bytes, settled, files, over }: Totals): number {
  const share = bytes === 0 ? (files === 0 ? 0 : over / files) : settled / bytes;
  return Math.floor(share * 100);
}
