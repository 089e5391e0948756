/** The stores behind the gateway: looked at, attached, emptied, replaced and taken away. */
import { z } from "zod";
import { bytes, count, time } from "./common.ts";

/** As in the configuration file. Checked by the same schema; secrets are never shown again. */
export const backendConfig = z.looseObject({ name: z.string().min(1), kind: z.string() });

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
  /** It was attached at run time; the others stand in the configuration file. */
  attached: z.boolean(),
});

/** One thing that a probe looked at. */
export const finding = z.object({
  check: z.string(),
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

export const replacement = z.object({
  /** Give up the blobs whose only good copy stood there. */
  acceptLoss: z.boolean().default(false),
});

export const replaced = z.object({ identity: z.string(), lostReplicas: count });

export const orphan = z.object({ backend: z.string(), key: z.string(), bytes: bytes.optional(), foundAt: time });

export type BackendDocument = z.infer<typeof backend>;
export type Findings = z.infer<typeof findings>;
export type BackendCheckDocument = z.infer<typeof backendCheck>;
