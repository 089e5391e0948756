export interface StatsReport {
  readonly buckets: number;
  readonly objects: number;
  readonly blobs: number;
  readonly replicas: number;
  /** Sum of object sizes. */
  readonly logicalBytes: number;
  /** Sum of blob sizes, one copy each, of blobs that are referenced. */
  readonly uniqueBytes: number;
  /** Sum over replicas that are not lost. */
  readonly storedBytes: number;
  /** logicalBytes / uniqueBytes; 1 when empty. */
  readonly dedupRatio: number;
  /** Referenced blobs with fewer good replicas than `copies`. */
  readonly underReplicated: number;
  readonly reclaimableBytes: number;
}

export interface Stats {
  report(copies: number): Promise<StatsReport>;
}
