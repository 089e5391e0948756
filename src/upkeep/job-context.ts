/** What the jobs share. */
import type { Fleet } from "../backends/fleet.ts";
import type { Replicas } from "../blobs/replicas/verify.ts";
import type { Log } from "../log.ts";
import type { Metadata } from "../metadata/metadata.ts";

export interface JobContext {
  readonly metadata: Metadata;
  readonly fleet: Fleet;
  readonly replicas: Replicas;
  /** Replicas a blob should have. */
  readonly copies: number;
  readonly now: () => Date;
  readonly log: Log;
  /** As Math.random. */
  readonly random: () => number;
}
