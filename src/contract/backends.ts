/** The stores behind the gateway: looked at, attached, emptied, replaced and taken away. */
import { z } from "zod";
import { amount, bytes, count, pageOf, pageQuery, time } from "./common.ts";

/** As in the configuration file. Checked by the same schema; secrets are never shown again. */
export const backendConfig = z.looseObject({ name: z.string().min(1), kind: z.string() });

/** What the store did with reads by signed URLs, as redirects lead to; absent parts could not be found out. */
const redirectedReads = z.object({
  at: time,
  /** Where clients were sent then. */
  publicEndpoint: z.string(),
  /** tolerate: it bears `x-amz-*` headers that the URL does not sign, such as redirected clients send again. */
  replayedHeaders: z.enum(["tolerate", "strict"]).optional(),
  /** The key that signs redirects may read blobs; and it may not write, if it is another than the key that does. */
  keyReads: z.boolean().optional(),
  keyReadsOnly: z.boolean().optional(),
  /** What stands at the public endpoint is this store. */
  sameStore: z.boolean().optional(),
  /** The ETag is the md5 of the bytes, and of an upload in parts that of the parts' md5s. */
  etags: z.boolean().optional(),
  partEtags: z.boolean().optional(),
  /** It answers a range with that part, and holds If-Match and If-None-Match. */
  ranges: z.boolean().optional(),
  conditions: z.boolean().optional(),
  /** It answers with the headers that `response-*` parameters name. */
  overrides: z.boolean().optional(),
});

export const backend = z.object({
  name: z.string(),
  kind: z.string().optional(),
  region: z.string().optional(),
  state: z.enum(["attached", "draining", "removed", "not registered"]),
  condition: z.enum(["in place", "seen", "lost", "away", "never seen"]),
  at: time.optional(),
  replicas: count,
  bytes,
  note: z.string().optional(),
  /** Absent: that was never tried, or no redirect leads there. */
  redirects: redirectedReads.optional(),
  /** It was attached at run time; the others stand in the configuration file. */
  attached: z.boolean(),
});

export const backends = pageOf(backend);

export const drained = backend.extend({
  /** So many more are needed to take its copies: until they are attached, it cannot be emptied. Absent: none. */
  backendsMissing: count.optional(),
  /** So many of them each in any of these regions: there are blobs that may stand in these only. Absent: none. */
  missingIn: z.array(z.object({ backends: count, regions: z.array(z.string()) })).optional(),
});

/** One thing that was looked at. */
const finding = z.object({
  check: z.string(),
  /** Which backend, directory or address it is about; absent: the gateway as a whole. */
  subject: z.string().optional(),
  result: z.enum(["ok", "warning", "failed"]),
  /** What was seen. */
  detail: z.string().optional(),
  /** What to do about it. */
  advice: z.string().optional(),
});

export const findings = z.object({ ok: z.boolean(), findings: z.array(finding) });

export const backendCheck = z.object({
  name: z.string(),
  condition: z.enum(["in place", "lost", "away", "not registered"]),
  reason: z.string().optional(),
  writable: z.boolean(),
});

/** All that was last read at `until` or before is read now. */
export const scrubStarted = backend.extend({ until: time });

export const scrubQuery = z.object({ until: time });

export const scrubProgress = z.object({
  name: z.string(),
  /** A gateway reads the backend whole, or will. */
  underWay: z.boolean(),
  /** Still to be read; when it is over, what could not be. */
  left: z.object({ replicas: count, bytes }),
  /** Runs that failed, and why the last did. */
  attempts: count,
  reason: z.string().optional(),
});

export const replacement = z.strictObject({
  /** Give up the blobs whose only good copy stood there. */
  acceptLoss: z.boolean().default(false),
});

export const replaced = z.object({ identity: z.string(), lostReplicas: count });

/** What would be lost, were the backend lost now. */
export const backendLoss = z.object({
  name: z.string(),
  /** Blobs of which it holds a good copy, and their bytes. */
  replicas: count,
  bytes,
  safeToLose: z.boolean(),
  /** No other backend would have them: they would come back with it, or never. */
  unreadable: amount,
  /** One copy would be left to be read, or none. */
  atRisk: amount,
  /** Fewer good copies than there should be, or all in one region. */
  underReplicated: amount,
  /** Fewer good copies than there should be, wherever they stand: it cannot be removed while there are any. */
  tooFewCopies: amount,
});

export const orphansQuery = pageQuery.extend({ backend: z.string().min(1) });

/** A key that a backend holds and the database does not know. */
const orphan = z.object({
  backend: z.string(),
  key: z.string(),
  bytes,
  foundAt: time,
  /** An operator has said that it may be deleted. */
  confirmed: z.boolean(),
});

export const orphans = pageOf(orphan).extend({
  backend: z.string(),
  /** The end of the last complete inventory; absent: there was none yet. */
  walkedAt: time.optional(),
  /** All of them, whatever the page. */
  keys: count,
  bytes,
  unconfirmed: count,
  /** They are so many that nothing is deleted that an operator has not confirmed. */
  held: z.boolean(),
});

export const orphansOf = z.strictObject({ backend: z.string().min(1) });

export const orphansConfirmed = z.object({ backend: z.string(), confirmed: count });

export type BackendDocument = z.infer<typeof backend>;
export type Findings = z.infer<typeof findings>;
export type BackendCheckDocument = z.infer<typeof backendCheck>;
export type BackendLoss = z.infer<typeof backendLoss>;
export type OrphansDocument = z.infer<typeof orphans>;
