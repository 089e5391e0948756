/**
 * How an S3 service is reached and what it can be trusted with: plain values, described for operators in
 * docs/backends.md.
 */
export interface S3BackendOptions {
  readonly name: string;
  readonly region: string;
  /** `scheme://host[:port]` the gateway dials. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Stands before every key; default none. */
  readonly prefix?: string | undefined;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Signs redirects in place of the key above, and nothing else: a key that may only read. Both or neither. */
  readonly redirectAccessKeyId?: string | undefined;
  readonly redirectSecretAccessKey?: string | undefined;
  /** Region in the signatures; default us-east-1. */
  readonly signingRegion?: string | undefined;
  /** Default true: the bucket stands in the path; false: before the host name. */
  readonly forcePathStyle?: boolean | undefined;
  /** `scheme://host[:port]` clients are redirected to; without it they never are. */
  readonly publicEndpoint?: string | undefined;
  readonly replayedHeaders: "tolerate" | "strict" | "auto";
  /** Default false. True only for nearbucket nodes. */
  readonly honoursEmbeddedHeaders?: boolean | undefined;
  /** Default 1. */
  readonly capacity?: number | undefined;
  /** Default: all there are. */
  readonly sizeBytes?: number | undefined;
  /** Default false: a missing bucket is a fault. */
  readonly createBucket?: boolean | undefined;
  /** Default false. Objects that stand in the bucket outside of the prefix may be adopted. */
  readonly adopts?: boolean | undefined;
  /** PEM files. The CAs to trust in place of the system's; a certificate to show, with its key. */
  readonly caFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** How long the store may leave a request without progress; default 30,000. */
  readonly responseTimeoutMs?: number | undefined;
  /** Default 2000. */
  readonly connectTimeoutMs?: number | undefined;
}
