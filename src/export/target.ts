/** Where objects are exported to: folders of files, or a bucket of an S3 service. */
import type { BackendConfig } from "../backends/kinds.ts";
import type { Bucket, FoundObject, ListedObject } from "../model.ts";
import type { Source } from "./source.ts";

export interface Target {
  /** Only one bucket is open at a time. */
  open(bucket: Bucket): Promise<BucketTarget>;
  /** What became of attributes that it does not take. */
  remarks?(): readonly string[];
}

export interface BucketTarget {
  /** Told of the keys that come next, in byte order, before any of them is asked about. */
  begin?(page: readonly ListedObject[]): Promise<void>;
  /** All objects of the page are written, or have failed. */
  end?(): Promise<void>;
  /** Does it stand there as it is here, with all of its attributes? Does not read it again where that is known. */
  has(found: FoundObject): Promise<boolean>;
  /** Has the service itself copy a replica, byte by byte the same. False: it does not. */
  copy?(found: FoundObject, from: BackendConfig): Promise<boolean>;
  /**
   * Writes it whole, or leaves under its name what stood there. Throws SourceFailure for what the source is to blame
   * for.
   */
  write(found: FoundObject, open: () => Source): Promise<void>;
  close?(): Promise<void>;
}

/** Nothing that comes next can be written either. */
export class TargetFull extends Error {
  override readonly name = "TargetFull";
}
