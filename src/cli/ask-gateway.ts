/** Asks a running gateway, as an operator, what only it knows. When it does not answer, a reason says why. */
import { readFile } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";
import { z } from "zod";
import type { LiveStatus } from "../admin/live-status.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { reasonOf } from "../log.ts";

export interface GatewayAnswer {
  /** Undefined: nobody was asked. */
  readonly url: string | undefined;
  readonly status: LiveStatus | undefined;
  /** Why there is no status. */
  readonly reason: string | undefined;
}

const PATIENCE_MS = 5000;

const date = z.iso.datetime().transform((value) => new Date(value));
const liveCalls = z
  .object({
    state: z.enum(["closed", "open", "half-open"]),
    failingSince: date.optional(),
    errorRate: z.number().optional(),
    latencyMs: z.number().optional(),
  })
  .transform(({ state, failingSince, errorRate, latencyMs }) => ({ state, failingSince, errorRate, latencyMs }));
const liveJournal = z
  .object({
    mode: z.enum(["interval", "ack"]),
    journal: z.string().optional(),
    segment: z.int().optional(),
    writtenAt: date.optional(),
    writtenTo: z.array(z.string()),
    complete: z.array(z.string()),
    bytes: z.number().optional(),
    snapshotAt: date.optional(),
    snapshotRows: z.int().optional(),
    behindSince: date.optional(),
    reason: z.string().optional(),
    isOlder: z.boolean(),
  })
  .transform(({ journal, segment, bytes, writtenAt, snapshotAt, snapshotRows, behindSince, reason, ...rest }) => {
    return { ...rest, journal, segment, bytes, writtenAt, snapshotAt, snapshotRows, behindSince, reason };
  });
const liveStatus = z.object({
  now: date,
  startedAt: date,
  copies: z.int(),
  backends: z.array(
    z.object({
      name: z.string(),
      region: z.string(),
      up: z.boolean(),
      writable: z.boolean(),
      draining: z.boolean(),
      why: z.string().optional(),
      latencyMs: z.number().optional(),
      recentErrors: z.int(),
      reads: liveCalls,
      writes: liveCalls,
      space: z.object({ free: z.number(), total: z.number() }).optional(),
    }),
  ),
  journal: liveJournal.optional(),
  jobRates: z.array(z.object({ kind: z.string(), perSecond: z.number().positive() })),
});

/** What of a configuration says where operators find its gateway. */
type Listener = Pick<GatewayConfig["listen"], "host" | "port">;
type Reached = Pick<GatewayConfig, "admin" | "tls"> & { readonly listen: Listener };

/** `url`: in place of the one that the configuration says. */
export async function askGateway(config: Reached, url = operatorUrl(config)): Promise<GatewayAnswer> {
  if (url === undefined)
    return { url, status: undefined, reason: "its port is chosen by the system: name its address with --gateway" };
  try {
    const answer = await get(new URL("/-/status", url), await trustOf(config));
    const refusal = refusalOf(answer.status);
    if (refusal !== undefined) return { url, status: undefined, reason: refusal };
    const { backends, journal, ...status } = liveStatus.parse(JSON.parse(answer.body));
    const withAll = backends.map(({ why, latencyMs, space, ...one }) => ({ ...one, why, latencyMs, space }));
    return { url, status: { ...status, journal, backends: withAll }, reason: undefined };
  } catch (error) {
    return { url, status: undefined, reason: reasonOf(error) ?? String(error) };
  }
}

/** Where operators find the gateway of a configuration from its own machine; undefined: the system chose the port. */
function operatorUrl({ admin, listen, tls }: Reached): string | undefined {
  return nearUrl(admin.listen ?? listen, admin.listen === undefined && tls !== undefined);
}

/** Where a listener is found from its own machine; undefined: the system chose the port. */
export function nearUrl({ host, port }: Listener, isSecure: boolean): string | undefined {
  if (port === 0) return undefined;
  const near = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `${isSecure ? "https" : "http"}://${near.includes(":") ? `[${near}]` : near}:${port}`;
}

/** The gateway's own certificate is known: nothing but that is trusted, whatever name it bears. */
async function trustOf({ tls }: Reached) {
  if (tls === undefined) return {};
  const ca = await readFile(tls.certificate, "utf8");
  return { ca, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
}

function get(url: URL, trust: object): Promise<{ readonly status: number; readonly body: string }> {
  const request = url.protocol === "https:" ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    request(url, { ...trust, agent: false, signal: AbortSignal.timeout(PATIENCE_MS) }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    })
      .once("error", reject)
      .end();
  });
}

function refusalOf(status: number): string | undefined {
  if (status === 200) return undefined;
  if (status === 403)
    return "it does not take this machine for an operator, or itself for this host: see admin.networks and domains";
  if (status === 404) return "it has no /-/status: an older gateway, or another program";
  return `it answers ${status}`;
}
