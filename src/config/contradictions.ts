/**
 * Faults that lie between keys: names or disks used twice, regions nobody declared, more copies than backends, a grace
 * that ends before a signed URL. Reads whatever parts of the file have the right shape, so that these faults are
 * reported together with those of shape.
 */
import { relative, resolve, sep } from "node:path";
import { z } from "zod";
import { type Fault, pathOf } from "./fault.ts";
import { bytes } from "./values.ts";

/** The budget gives one body an eighth of itself: the longest that is held must fit into that. */
const LARGEST_DOCUMENT = 3 * 1024 ** 2;

/** How long a clock may be off: a signed URL counts as usable that much longer than it says. */
const SKEW_SECONDS = 900;

const maybe = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = maybe(z.string());
const named = z.object({ name: text, region: text, kind: text }).catch({});
const mapped = z.object({ region: text, asn: maybe(z.number()) }).catch({});
const backend = z
  .object({
    name: text,
    region: text,
    directory: text,
    endpoint: text,
    bucket: text,
    prefix: text,
    adopts: maybe(z.boolean()),
    caFile: text,
    certificateFile: text,
    keyFile: text,
    publicEndpoint: text,
    secretAccessKey: text,
    redirectAccessKeyId: text,
    redirectSecretAccessKey: text,
  })
  .catch({});

const sketch = z
  .object({
    regions: z.array(named).catch([]).default([]),
    backends: z.array(backend).catch([]).default([]),
    sources: z.array(backend).catch([]).default([]),
    clientMap: z.array(mapped).catch([]).default([]),
    geography: z
      .object({ databases: z.array(z.unknown()).catch([]).default([]) })
      .catch({ databases: [] })
      .prefault({}),
    listen: z.object({ proxyProtocol: text }).catch({}).default({}),
    trustedProxies: z.array(z.unknown()).catch([]).default([]),
    copies: z.int().catch(2).default(2),
    fewestCopies: maybe(z.int()),
    minimumCopies: maybe(z.int()),
    graceHours: z.number().catch(24).default(24),
    ingest: z
      .object({ bufferBytes: maybe(bytes) })
      .catch({})
      .default({}),
    limits: z
      .object({ bufferedBytes: maybe(bytes) })
      .catch({})
      .default({}),
    redirect: z
      .object({
        expirySeconds: z.number().catch(120).default(120),
        mediaExpirySeconds: maybe(z.number()),
        mediaBuckets: z.array(z.unknown()).catch([]).default([]),
      })
      .catch({ expirySeconds: 120, mediaExpirySeconds: undefined, mediaBuckets: [] })
      .prefault({}),
  })
  .catch({
    regions: [],
    backends: [],
    sources: [],
    clientMap: [],
    geography: { databases: [] },
    listen: {},
    trustedProxies: [],
    copies: 1,
    fewestCopies: undefined,
    minimumCopies: undefined,
    graceHours: 24,
    ingest: {},
    limits: {},
    redirect: { expirySeconds: 120, mediaExpirySeconds: undefined, mediaBuckets: [] },
  });

/** Every contradiction in a configuration as read from a file. Never throws. */
export function findContradictions(input: unknown): readonly Fault[] {
  const { regions, backends, clientMap, copies, graceHours, redirect, ingest, limits, ...given } = sketch.parse(input);
  const { listen, trustedProxies, geography, sources } = given;
  const known = new Set(regions.map((region) => region.name));
  const faults: Fault[] = [...repeated("regions", regions), ...repeated("backends", backends)];
  faults.push(...repeated("sources", sources, backends));
  for (const [list, rows] of Object.entries({ backends, clientMap }))
    for (const [index, row] of rows.entries())
      if (row.region !== undefined && !known.has(row.region))
        faults.push({
          path: pathOf([list, index, "region"]),
          message: `expected the name of one of the regions, found ${row.region}`,
        });
  for (const [list, rows] of Object.entries({ backends, sources }))
    faults.push(...rows.flatMap((row, index) => tlsFaults(row, [list, index])));
  faults.push(...sharedDisks(backends));
  const numbered = clientMap.findIndex(({ asn }) => asn !== undefined);
  if (numbered >= 0 && geography.databases.length === 0)
    faults.push({
      path: pathOf(["clientMap", numbered, "asn"]),
      message: "expected a file in geography.databases that knows the numbers of network operators",
    });
  if (listen.proxyProtocol === "required" && trustedProxies.length === 0)
    faults.push({
      path: "trustedProxies",
      message: "expected the proxies that connect: with listen.proxyProtocol nobody else is let in",
    });
  if (backends.length > 0 && copies > backends.length)
    faults.push({
      path: "copies",
      message: `expected at most ${backends.length}, the number of backends, found ${copies}`,
    });
  for (const path of ["fewestCopies", "minimumCopies"] as const) {
    const number = given[path] ?? 1;
    if (number > copies) faults.push({ path, message: `expected at most copies (${copies}), found ${number}` });
  }
  const longest = Math.max(redirect.expirySeconds, redirect.mediaExpirySeconds ?? 0) + SKEW_SECONDS;
  if (graceHours * 3600 < longest) {
    const why = `the longest signed URL plus ${SKEW_SECONDS} s of clock skew`;
    faults.push({ path: "graceHours", message: `expected at least ${(longest / 3600).toFixed(2)}: ${why}` });
  }
  if ((redirect.mediaExpirySeconds === undefined) !== (redirect.mediaBuckets.length === 0))
    faults.push({
      path: "redirect.mediaBuckets",
      message: "expected the buckets that redirect.mediaExpirySeconds is for: neither counts without the other",
    });
  for (const [index, one] of backends.entries()) faults.push(...redirectKeyFaults(one, index));
  faults.push(...backends.flatMap(adoptionFaults));
  const held = 8 * Math.max(ingest.bufferBytes ?? 8 * 1024 ** 2, LARGEST_DOCUMENT);
  if (limits.bufferedBytes !== undefined || ingest.bufferBytes !== undefined)
    if ((limits.bufferedBytes ?? 128 * 1024 ** 2) < held)
      faults.push({
        path: "limits.bufferedBytes",
        message: `expected at least ${held}: eight times ingest.bufferBytes, or 24 MiB`,
      });
  return faults;
}

/** Everyone who is redirected can try guesses at the secret that signed the URL, without asking anybody. */
const LEAST_SECRET_LENGTH = 16;

function redirectKeyFaults(
  { publicEndpoint, secretAccessKey, redirectAccessKeyId, redirectSecretAccessKey }: z.output<typeof backend>,
  index: number,
): readonly Fault[] {
  const at = (key: string) => pathOf(["backends", index, key]);
  if (redirectAccessKeyId !== undefined && redirectSecretAccessKey === undefined)
    return [{ path: at("redirectSecretAccessKey"), message: "missing: expected together with redirectAccessKeyId" }];
  if (redirectAccessKeyId === undefined && redirectSecretAccessKey !== undefined)
    return [{ path: at("redirectAccessKeyId"), message: "missing: expected together with redirectSecretAccessKey" }];
  const secret = redirectSecretAccessKey ?? secretAccessKey;
  if (publicEndpoint === undefined || secret === undefined || secret.length >= LEAST_SECRET_LENGTH) return [];
  const path = at(redirectSecretAccessKey === undefined ? "secretAccessKey" : "redirectSecretAccessKey");
  return [
    { path, message: `expected at least ${LEAST_SECRET_LENGTH} characters: it signs the redirects to publicEndpoint` },
  ];
}

function adoptionFaults(
  { adopts, endpoint, bucket, prefix }: z.output<typeof backend>,
  index: number,
  all: readonly z.output<typeof backend>[],
): readonly Fault[] {
  if (!adopts) return [];
  const faults: Fault[] = [];
  if (!prefix?.endsWith("/"))
    faults.push({
      path: pathOf(["backends", index, "prefix"]),
      message: "expected a prefix that ends in /, beside adopts: under it stands what is not the clients' own",
    });
  if (all.some((other, at) => at !== index && other.endpoint === endpoint && other.bucket === bucket))
    faults.push({
      path: pathOf(["backends", index, "bucket"]),
      message: "expected a bucket of its own, beside adopts: another backend's objects would be taken for clients'",
    });
  return faults;
}

interface Named {
  readonly name?: string | undefined;
}

/** `others`: of a list before, whose names are taken. */
function repeated(list: string, rows: readonly Named[], others: readonly Named[] = []): readonly Fault[] {
  const seen = new Set(others.map(({ name }) => name));
  const faults: Fault[] = [];
  for (const [index, { name }] of rows.entries()) {
    if (name === undefined) continue;
    if (seen.has(name))
      faults.push({ path: pathOf([list, index, "name"]), message: `expected a name used once, found ${name} again` });
    seen.add(name);
  }
  return faults;
}

/** What has no directory is no disk. */
interface Declared {
  readonly name?: string | undefined;
  readonly directory?: string | undefined;
}

/** Two names for one disk would be taken for two copies. Other stores are known by the identity that they show. */
function sharedDisks(backends: readonly z.output<typeof backend>[]): readonly Fault[] {
  return backends.flatMap((one, index) => {
    const other = backends.findIndex((another, at) => at < index && (isAround(one, another) || isAround(another, one)));
    if (other === -1) return [];
    const message = `expected a disk of its own, found that of ${pathOf(["backends", other])}: it counts as one copy`;
    return [{ path: pathOf(["backends", index, "directory"]), message }];
  });
}

/** Are they disks of which one stands within the other? */
export function isNested(one: Declared, other: Declared): boolean {
  return isAround(one, other) !== isAround(other, one);
}

/** Or the same directory. */
function isAround({ directory: outer }: Declared, { directory: inner }: Declared): boolean {
  return outer !== undefined && inner !== undefined && isWithin(inner, outer);
}

/** Or the same directory. */
function isWithin(inner: string, outer: string): boolean {
  const path = relative(resolve(outer), resolve(inner));
  return path !== ".." && !path.startsWith(`..${sep}`);
}

function tlsFaults(
  { endpoint, caFile, certificateFile, keyFile }: z.output<typeof backend>,
  at: readonly [string, number],
): Fault[] {
  const faults: Fault[] = [];
  if ((certificateFile === undefined) !== (keyFile === undefined))
    faults.push({
      path: pathOf([...at, certificateFile === undefined ? "certificateFile" : "keyFile"]),
      message: "missing: a certificate and its key go together",
    });
  if ((caFile ?? certificateFile) !== undefined && endpoint !== undefined && !endpoint.startsWith("https:"))
    faults.push({
      path: pathOf([...at, "endpoint"]),
      message: "expected https://host[:port] beside TLS files",
    });
  return faults;
}
