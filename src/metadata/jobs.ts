/**
 * What happens later, durably. A job is repeatable; made in the transaction that makes it necessary; claimed with a lease and an epoch:
 * a worker whose lease was taken over can neither finish nor fail it.
 */
export type NewJob =
  /** Bring a blob to its number of replicas. */
  | { readonly kind: "copy"; readonly blobId: number }
  /** Read one replica of a multipart blob, fill in its digest, merge equals. */
  | { readonly kind: "digest"; readonly blobId: number }
  /** Delete the bytes under a name from these backends (empty: from all), and unfinished backend uploads under it. */
  | { readonly kind: "drop"; readonly name: string; readonly backends: readonly string[] }
  /** The sweeps, one row each, made again when they finish. */
  | { readonly kind: "reclaim" | "stale-uploads" | "leftovers" };

export interface Job {
  readonly id: number;
  readonly work: NewJob;
  readonly attempts: number;
  readonly epoch: number;
}

export interface Jobs {
  /** Adding a job equal to one that waits is no second job. */
  add(job: NewJob, runAt?: Date): Promise<void>;
  /** The longest due one without a live lease, leased to this caller; undefined: nothing due. */
  claim(leaseMs: number): Promise<Job | undefined>;
  /** False when the lease was lost: then nothing changed. */
  finish(job: Job): Promise<boolean>;
  /** Back off: runs again at `runAt`, attempts + 1. */
  fail(job: Job, runAt: Date, reason: string): Promise<boolean>;
  renew(job: Job, leaseMs: number): Promise<boolean>;
  /** By kind: how many wait, how old the oldest is, and the most attempts. */
  backlog(): Promise<readonly { readonly kind: string; readonly waiting: number; readonly oldest: Date; readonly attempts: number }[]>;
}
