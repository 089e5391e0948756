/** What a client is asked to read, and what it says about it: the words between measure.ts and the rest. */
import type { LabRegion } from "./regions.ts";

/** How the bytes come. */
export const WAYS = ["closest", "proxied", "random"] as const;
export type Way = (typeof WAYS)[number];

/** One object read by one way, in rounds: a round is a read on a new connection, then one on the same. */
export interface Task {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly localAddress: string;
  readonly bytes: number;
  readonly rounds: number;
  /**
   * The host that the bytes must come from, by round; in turns when there are fewer than rounds. A redirect elsewhere
   * is not followed but asked again, and only the read that leads there counts.
   */
  readonly hosts: readonly string[];
}

/** One read. Milliseconds from the request, connecting included. */
export interface Read {
  readonly kept: boolean;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

/** The medians of all rounds. */
export interface Figures {
  readonly firstByteMs: number;
  readonly totalMs: number;
}

export interface Result {
  readonly region: LabRegion;
  readonly bytes: number;
  readonly way: Way;
  readonly fresh: Figures;
  readonly kept: Figures;
}

export function figuresOf(reads: readonly Read[], kept: boolean): Figures {
  const chosen = reads.filter((read) => read.kept === kept);
  return {
    firstByteMs: median(chosen.map(({ firstByteMs }) => firstByteMs)),
    totalMs: median(chosen.map(({ totalMs }) => totalMs)),
  };
}

/** Of an even number, the middle between the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
