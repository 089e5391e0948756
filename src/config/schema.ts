/**
 * The configuration: its type, its defaults and every check. One line a key, each described in docs/configuration.md.
 * An unknown key is a fault; all faults are found in one pass; what comes out is complete, so no other file knows a
 * default.
 */
import { z } from "zod";
import { findContradictions } from "./contradictions.ts";
import { type Fault, pathOf } from "./fault.ts";
import { s3Service } from "./s3-service.ts";
import { bytes, filled, name, network, origin, pageOrigin, seconds } from "./values.ts";

const redirectMode = z.enum(["off", "auto", "always"]);

const placed = {
  name,
  region: name,
  capacity: z.number().positive().default(1),
  draining: z.boolean().default(false),
  sizeBytes: bytes.refine((size) => size > 0, { message: "expected more than 0" }).optional(),
  egressCost: z.number().nonnegative().default(0),
};

const reachedByS3 = {
  ...placed,
  ...s3Service,
  bucket: filled,
  prefix: z.string().default(""),
  redirectAccessKeyId: filled.optional(),
  redirectSecretAccessKey: filled.optional(),
  createBucket: z.boolean().default(false),
  publicEndpoint: origin.optional(),
  clientNetworks: z.array(network).optional(),
  crossOrigin: z.boolean().default(false),
};

const backend = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("s3"),
    ...reachedByS3,
    replayedHeaders: z.enum(["auto", "tolerate", "strict"]).default("auto"),
    adopts: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal("node"),
    ...reachedByS3,
    createBucket: z.boolean().default(true),
    crossOrigin: z.boolean().default(true),
  }),
  z.strictObject({ kind: z.literal("disk"), ...placed, directory: filled }),
  z.strictObject({ kind: z.literal("memory"), ...placed }),
]);

/** Buckets of it may be taken over; nothing is ever written there. */
const source = z.strictObject({ name, ...s3Service });

const metadata = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sqlite"), file: filled, durable: z.boolean().default(true) }),
  z.strictObject({ kind: z.literal("postgres"), url: filled, poolSize: z.int().positive().default(10) }),
]);

const listen = z.strictObject({
  host: filled.default("127.0.0.1"),
  port: z.int().min(0).max(65535).default(9000),
  proxyProtocol: z.enum(["off", "required"]).default("off"),
});

const admin = z.strictObject({
  networks: z.array(network).default([]),
  listen: z.strictObject({ host: filled.default("127.0.0.1"), port: z.int().min(0).max(65535) }).optional(),
});

const api = z.strictObject({ networks: z.array(network).optional() });

const cors = z.strictObject({ allowedOrigins: z.array(pageOrigin).default([]) });

const tls = z.strictObject({ certificate: filled, key: filled, clientCaFile: filled.optional() });

const rootKey = z.strictObject({
  accessKeyId: z.string().regex(/^[\x21-\x2e\x30-\x7e]{3,128}$/, {
    message: "expected 3 to 128 printable characters without space or slash",
  }),
  secretAccessKey: z.string().min(8, { message: "expected at least 8 characters" }),
});

const encryptionKey = z.string().min(16, { message: "expected at least 16 characters" });

const region = z.strictObject({
  name,
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
});

const clientMapRow = z
  .strictObject({ cidr: network.optional(), asn: z.int().min(1).max(4_294_967_295).optional(), region: name })
  .refine(({ cidr, asn }) => (cidr === undefined) !== (asn === undefined), { message: "expected a cidr or an asn" });

const geography = z.strictObject({
  countries: z.enum(["builtin", "off"]).default("builtin"),
  databases: z.array(z.strictObject({ file: filled })).default([]),
});

const redirect = z.strictObject({
  mode: redirectMode.default("auto"),
  minBytes: bytes.default(1024 ** 2),
  expirySeconds: seconds.max(604_800).default(120),
  mediaExpirySeconds: seconds.max(604_800).optional(),
  mediaBuckets: z.array(filled).default([]),
  rclone: z.boolean().default(false),
  allowInsecureRedirects: z.boolean().default(false),
});

const dedup = z.strictObject({
  scope: z.enum(["account", "global", "bucket", "off"]).default("account"),
  multipart: z.enum(["content", "layout"]).default("content"),
});

const readReplicas = z.strictObject({
  afterReads: z.int().min(1).default(100),
  max: z.int().min(1).max(16).default(1),
  ttlHours: z.number().positive().default(24),
});

const limits = z.strictObject({
  bufferedBytes: bytes.default(128 * 1024 ** 2),
  connections: z.int().positive().default(4096),
  idleSeconds: seconds.default(60),
  minimumBytesPerSecond: bytes.default(1024),
});

const repair = z.strictObject({
  graceMinutes: z.number().positive().default(10),
  bytesPerSecond: bytes.refine((rate) => rate > 0, { message: "expected more than 0" }).default(64 * 1024 ** 2),
});

const scrub = z.strictObject({
  days: z.number().positive().default(30),
  bytesPerSecond: bytes
    .refine((rate) => rate >= 1024 ** 2, { message: "expected at least 1 MiB" })
    .default(32 * 1024 ** 2),
});
const inventory = z.strictObject({ hours: z.number().positive().default(24) });

const journal = z.strictObject({
  mode: z.enum(["off", "interval", "ack"]).optional(),
  seconds: z.number().positive().max(3600).default(10),
  snapshotHours: z.number().positive().default(24),
  keepDays: z.number().positive().default(7),
});

/** Only gateways that share a database have others that take over; the proxies of deploy/ look every two seconds. */
const STOP_DELAY_SECONDS = { sqlite: 0, postgres: 5 } as const;

export const configSchema = z.strictObject({
  listen: listen.prefault({}),
  tls: tls.optional(),
  admin: admin.prefault({}),
  api: api.prefault({}),
  console: z.boolean().default(true),
  publicUrl: origin.optional(),
  cors: cors.prefault({}),
  role: z.enum(["gateway", "node"]).default("gateway"),
  region: filled.default("us-east-1"),
  strictRegion: z.boolean().default(false),
  domains: z
    .array(z.string().regex(/^[a-z0-9.-]+$/, { message: "expected a host name in lower case, without port" }))
    .default(["localhost"]),
  dataDirectory: filled,
  metadata,
  rootKey,
  encryptionKey,
  previousEncryptionKeys: z.array(encryptionKey).default([]),
  encryptionKeyFile: filled.optional(),
  regions: z.array(region).min(1),
  backends: z.array(backend).min(1),
  sources: z.array(source).default([]),
  copies: z.int().min(1).max(16).default(2),
  fewestCopies: z.int().min(1).optional(),
  minimumCopies: z.int().min(1).optional(),
  readReplicas: readReplicas.optional(),
  dedup: dedup.prefault({}),
  redirect: redirect.prefault({}),
  clientMap: z.array(clientMapRow).default([]),
  geography: geography.prefault({}),
  trustedProxies: z.array(network).default([]),
  publicAccess: z.enum(["allowed", "blocked"]).default("blocked"),
  signatureV2: z.enum(["off", "query", "all"]).optional(),
  ingest: z.strictObject({ bufferBytes: bytes.default(8 * 1024 ** 2) }).prefault({}),
  graceHours: z.number().positive().default(24),
  repair: repair.prefault({}),
  scrub: scrub.prefault({}),
  inventory: inventory.prefault({}),
  journal: journal.prefault({}),
  cache: z.strictObject({ bytes: bytes.default(64 * 1024 ** 2) }).prefault({}),
  cacheRows: z.int().nonnegative().default(100_000),
  limits: limits.prefault({}),
  shutdown: z.strictObject({ delaySeconds: z.int().nonnegative().optional() }).prefault({}),
  log: z
    .strictObject({ level: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info") })
    .prefault({}),
});

type Draft = z.output<typeof configSchema>;
/** Keys whose default follows from another key. */
type Derived = "fewestCopies" | "minimumCopies" | "signatureV2" | "shutdown" | "journal";

/** Everything a gateway needs to know to start. Sizes in bytes; the other units stand in the names. */
export type GatewayConfig = Omit<Draft, Derived> & {
  readonly fewestCopies: number;
  readonly minimumCopies: number;
  readonly signatureV2: NonNullable<Draft["signatureV2"]>;
  readonly shutdown: { readonly delaySeconds: number };
  readonly journal: Draft["journal"] & { readonly mode: "off" | "interval" | "ack" };
};

/** The same before defaults are filled in. */
export type GatewayConfigInput = z.input<typeof configSchema>;

export type Checked = { readonly config: GatewayConfig } | { readonly faults: readonly Fault[] };

/** Checks a configuration as read from a file. Never throws: the faults are all there are. */
export function checkConfig(input: unknown): Checked {
  const parsed = configSchema.safeParse(input);
  const faults = [...(parsed.error?.issues.flatMap(describe) ?? []), ...findContradictions(input)];
  if (!parsed.success || faults.length > 0) return { faults };
  const { role, copies, fewestCopies = copies, minimumCopies = copies } = parsed.data;
  const { signatureV2 = role === "node" ? "off" : "query" } = parsed.data;
  const { delaySeconds = STOP_DELAY_SECONDS[parsed.data.metadata.kind] } = parsed.data.shutdown;
  // A node's database knows only what stands on its own disk.
  const journal = { ...parsed.data.journal, mode: parsed.data.journal.mode ?? (role === "node" ? "off" : "interval") };
  return { config: { ...parsed.data, fewestCopies, minimumCopies, signatureV2, shutdown: { delaySeconds }, journal } };
}

function describe(issue: z.core.$ZodIssue): readonly Fault[] {
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: pathOf([...issue.path, key]), message: "unknown key" }));
  const path = pathOf(issue.path);
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    const options = "options" in issue && Array.isArray(issue.options) ? issue.options.join(", ") : "a known kind";
    return [{ path, message: `expected one of ${options}` }];
  }
  if (issue.code === "invalid_value") return [{ path, message: `expected one of ${issue.values.join(", ")}` }];
  const missing = issue.message.endsWith("received undefined");
  const message = issue.message
    .replace(/^(Invalid input|Too big|Too small): /, "")
    .replace(/, received undefined$/, "");
  return [{ path, message: missing ? `missing: ${message}` : message }];
}
