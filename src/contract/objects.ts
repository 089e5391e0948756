/** Buckets and objects as S3 does not show them: what dedup saves, where copies stand, what a delete frees. */
import { z } from "zod";
import { bytes, count, pageQuery, time } from "./common.ts";
import { corsRules, newCorsRules } from "./cors.ts";
import { redirectMode } from "./keys.ts";

/** Where the copies of a bucket's objects stand. */
const placement = z.union([
  z.enum(["any", "nearest-writer"]),
  z.strictObject({ regions: z.array(z.string().min(1)).min(1).max(16) }),
]);

export type Placement = z.infer<typeof placement>;

const readReplicas = z.union(
  [
    z.literal("off"),
    z.strictObject({ afterReads: z.int().min(1), max: z.int().min(1).max(16), ttlHours: z.number().positive() }),
  ],
  { error: "off, or afterReads, max (up to 16) and ttlHours, all above 0" },
);

export type ReadReplicas = z.infer<typeof readReplicas>;

const bucketSettings = z.object({
  dedup: z.enum(["account", "global", "bucket", "off"]).optional(),
  redirect: redirectMode.optional(),
  copies: z.int().min(1).max(16).optional(),
  minimumCopies: z.int().min(1).max(16).optional(),
  placement: placement.optional(),
  /** Copies for readers who are far from all others. */
  readReplicas: readReplicas.optional(),
  /** Which pages of other origins may read answers; empty where none may. */
  cors: corsRules.optional(),
});

/** A setting that is null goes back to the gateway's own. */
export const bucketChange = z.strictObject({
  dedup: bucketSettings.shape.dedup.nullable(),
  redirect: bucketSettings.shape.redirect.nullable(),
  copies: bucketSettings.shape.copies.nullable(),
  minimumCopies: bucketSettings.shape.minimumCopies.nullable(),
  placement: bucketSettings.shape.placement.nullable(),
  readReplicas: bucketSettings.shape.readReplicas.nullable(),
  cors: newCorsRules.optional().nullable(),
});

export const bucket = z.object({
  name: z.string(),
  owner: z.string(),
  createdAt: time,
  location: z.string(),
  /** What was set; absent: the gateway's own holds. */
  settings: bucketSettings,
  /** What holds. */
  effective: bucketSettings.required(),
  /** Where it reads what it lacks: SERVICE/BUCKET. */
  takesOver: z.string().optional(),
});

export const bucketUsage = z.object({
  objects: count,
  /** Sum of object sizes. */
  logicalBytes: bytes,
  /** Blobs that the bucket refers to, each once. */
  uniqueBytes: bytes,
  /** Of `uniqueBytes`: blobs that no other bucket refers to. */
  ownBytes: bytes,
});

export const objectQuery = z.object({ bucket: z.string().min(1), key: z.string().min(1).max(1024) });

const replica = z.object({
  backend: z.string(),
  region: z.string().optional(),
  /** reader: kept only for readers nearby. */
  state: z.enum(["verified", "reader", "lost", "deleting"]),
  /** Of a reader: when it is removed, unless they go on reading. */
  readReplicaUntil: time.optional(),
  verifiedAt: time,
  up: z.boolean(),
});

export const objectDetails = z.object({
  bucket: z.string(),
  key: z.string(),
  size: bytes,
  etag: z.string(),
  modifiedAt: time,
  contentType: z.string().optional(),
  /** sha256; absent until a multipart object has been read once. */
  digest: z.string().optional(),
  storageKey: z.string(),
  replicas: z.array(replica),
  /** Objects of this account that refer to the same blob, this one included; at most 100 are listed. */
  names: z.object({ count, listed: z.array(z.object({ bucket: z.string(), key: z.string() })) }),
  /** What a delete of this object frees. */
  freesBytes: bytes,
});

/** Some keys, or all that begin with a prefix. */
export const deletePreviewQuery = z.strictObject({
  bucket: z.string().min(1),
  keys: z.array(z.string().min(1).max(1024)).min(1).max(1000).optional(),
  prefix: z.string().max(1024).optional(),
});

export const deletePreview = z.object({
  objects: count,
  logicalBytes: bytes,
  /** Blobs that nothing refers to afterwards, each once. */
  freesBytes: bytes,
  /** When these bytes are gone: after the grace. */
  freedAt: time,
  /** There were more objects than were counted. */
  truncated: z.boolean(),
});

export const claims = z.strictObject({
  bucket: z.string().min(1),
  files: z
    .array(
      z.strictObject({
        key: z.string().min(1).max(1024),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        size: bytes,
        contentType: z.string().max(1024).optional(),
        /** `x-amz-meta-*`, without that prefix. */
        metadata: z.record(z.string(), z.string()).optional(),
      }),
    )
    .min(1)
    .max(1000),
});

export const claimed = z.object({
  results: z.array(
    z.object({
      key: z.string(),
      /** linked: the object stands, no byte is needed. needed: send it. refused: this key may not be written. */
      outcome: z.enum(["linked", "needed", "refused"]),
      etag: z.string().optional(),
      /** S3's error code where it was refused. */
      code: z.string().optional(),
    }),
  ),
});

export const newLink = z.strictObject({
  ...objectQuery.shape,
  expiresSeconds: z.int().min(1).max(604_800),
  /** Save it under this name instead of showing it. */
  filename: z.string().max(255).optional(),
});

/** Signed with the key that signed in, so that it outlives the session. */
export const link = z.object({ path: z.string(), expiresAt: time });

export const bucketsQuery = pageQuery;

export type BucketDocument = z.infer<typeof bucket>;
export type BucketUsage = z.infer<typeof bucketUsage>;
export type ObjectDetails = z.infer<typeof objectDetails>;
export type DeletePreview = z.infer<typeof deletePreview>;
export type Claims = z.infer<typeof claims>;
export type Claimed = z.infer<typeof claimed>;
export type Link = z.infer<typeof link>;
