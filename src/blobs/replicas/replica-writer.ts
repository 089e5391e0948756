/** One replica being written: where it will stand, and the sink that never throws. */
import type { GuardedSink } from "../../backends/guarded-sink.ts";
import type { Placement } from "./placement.ts";

export interface ReplicaWriter {
  readonly placement: Placement;
  readonly sink: GuardedSink;
}

/** Those that have not failed. */
export function aliveWriters(writers: readonly ReplicaWriter[]): readonly ReplicaWriter[] {
  return writers.filter(({ sink }) => sink.failure === undefined);
}

/** Writes to all; undefined when none makes the writer wait, else resolves at the pace of the slowest. */
export function writeToAll(writers: readonly ReplicaWriter[], chunk: Buffer): Promise<void> | undefined {
  let waits: Promise<void>[] | undefined;
  for (const { sink } of writers) {
    const wait = sink.write(chunk);
    if (wait !== undefined) {
      waits ??= [];
      waits.push(wait);
    }
  }
  return waits && Promise.all(waits).then(() => undefined);
}
