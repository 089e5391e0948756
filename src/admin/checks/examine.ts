/** All that is looked at on backends: clock, identity, an exchange of bytes, redirects, room. */
import type { BackendConfig } from "../../backends/kinds.ts";
import { reasonOf } from "../../log.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import type { LiveBackend } from "../live-status.ts";
import { ask, type Trust } from "./ask.ts";
import { type Acquaintance, examineBackend } from "./backend.ts";
import { judgeCalls } from "./calls.ts";
import { judgeClock } from "./clocks.ts";
import { checkCrossOrigin } from "./cross-origin.ts";
import { error, type Finding, warning } from "./finding.ts";
import { type OpenedBackend, openAlone } from "./open-alone.ts";
import { checkRedirect } from "./redirect.ts";
import { judgeRedirectedReads } from "./redirected-reads.ts";
import { judgeBackendSpace } from "./space.ts";
import { onTrialDisk } from "./trial-disk.ts";

const PATIENCE_MS = 10_000;

type Tables = Pick<Metadata, "backends" | "holders">;

/** All at once. `metadata`: undefined before the first start. `live`: what a running gateway says of them. */
export async function examine(
  backends: readonly BackendConfig[],
  metadata: Tables | undefined,
  live: readonly LiveBackend[],
): Promise<readonly Finding[]> {
  const kept = backends.filter(({ kind }) => kind !== "memory");
  const examined = kept.map(async (backend) => {
    const known = await acquaintance(backend.name, metadata);
    return examineOne(
      backend,
      metadata,
      known,
      live.find(({ name }) => name === backend.name),
    );
  });
  return (await Promise.all(examined)).flat();
}

/** A store that is not attached yet: can it be? `other`: the disk that it would stand within, or around. */
export async function examineCandidate(
  backend: BackendConfig,
  metadata: Tables | undefined,
  other?: string,
): Promise<readonly Finding[]> {
  if (other !== undefined) return [nestedWith(backend.name, other)];
  const known = await acquaintance(backend.name, metadata);
  return examineOne(backend, metadata, { ...known, attaching: attachingOf(backend) }, undefined);
}

function nestedWith(subject: string, other: string): Finding {
  const says = `stands within the disk of ${other}, or around it`;
  return error({ check: "identity", subject, says, remedy: "Give it a directory of its own: it counts as one copy." });
}

function attachingOf(backend: BackendConfig): NonNullable<Acquaintance["attaching"]> {
  if (backend.kind === "disk") return { makes: "the directory", onTrial: (work) => onTrialDisk(backend, work) };
  return { makes: "createBucket" in backend && backend.createBucket ? "the bucket" : undefined };
}

async function acquaintance(name: string, metadata: Tables | undefined): Promise<Acquaintance> {
  const rows = (await metadata?.backends.list()) ?? [];
  return {
    registered: rows.find((row) => row.name === name)?.identity,
    others: rows.filter((row) => row.name !== name),
    holdsBlobs: (await metadata?.backends.holdsReplicas(name)) ?? false,
    attaching: undefined,
  };
}

async function examineOne(
  config: BackendConfig,
  metadata: Tables | undefined,
  known: Acquaintance,
  seen: LiveBackend | undefined,
): Promise<readonly Finding[]> {
  const { name: subject } = config;
  const trust: Trust =
    "caFile" in config ? { ca: config.caFile, certificate: config.certificateFile, key: config.keyFile } : {};
  const clock = "endpoint" in config ? await checkClock(subject, config.endpoint, trust) : [];
  let opened: OpenedBackend;
  try {
    opened = await openAlone(config);
  } catch (failure) {
    const says = `cannot be used: ${reasonOf(failure) ?? String(failure)}`;
    return [...clock, error({ check: "reach", subject, says, remedy: "Correct its configuration: docs/backends.md." })];
  }
  const { far, near } = opened;
  try {
    // What a client reads is a blob, where there is one.
    const blob = await metadata?.holders.anyOn(subject);
    const isDeclared = "crossOrigin" in config && config.crossOrigin === true;
    const { findings, isUsable } = await examineBackend(far, known, async (written) => {
      const key = blob?.storageKey ?? written;
      const redirect = await checkRedirect({ far, near, trust, key });
      return [...redirect, ...(await checkCrossOrigin({ far, key, isDeclared }))];
    });
    const isCandidate = known.attaching !== undefined;
    const space = isCandidate && isUsable ? await far.space?.().catch(() => undefined) : seen?.space;
    const isLookedAt = config.kind === "disk" && config.sizeBytes === undefined && !isCandidate;
    const room = isLookedAt ? [] : judgeBackendSpace(subject, space);
    const calls = seen === undefined ? [] : judgeCalls(subject, seen);
    const reads = isUsable ? await tryReads(config, opened, known, metadata) : [];
    return [...clock, ...findings, ...reads, ...room, ...calls, ...(isUsable ? disagreement(subject, seen) : [])];
  } finally {
    await opened.close();
  }
}

/** What is found is kept, where it is registered. */
async function tryReads(
  config: BackendConfig,
  { far }: OpenedBackend,
  { registered }: Acquaintance,
  metadata: Tables | undefined,
): Promise<readonly Finding[]> {
  const abilities = await far.tryRedirects?.(AbortSignal.timeout(PATIENCE_MS)).catch(() => undefined);
  if (abilities === undefined) return [];
  if (registered !== undefined) await metadata?.backends.setAbilities(config.name, registered, abilities);
  const declared = config.kind === "s3" ? config.replayedHeaders : undefined;
  return judgeRedirectedReads(config.name, abilities, declared);
}

function disagreement(subject: string, seen: LiveBackend | undefined): readonly Finding[] {
  if (seen?.up !== false) return [];
  const says = `can be used from here, but the gateway finds it down: ${seen.why ?? "it does not say why"}`;
  const remedy =
    "Wait a few seconds and ask again; then see what differs for the gateway: network, files, configuration.";
  return [warning({ check: "reach", subject, says, remedy })];
}

/** None when nothing answers: the exchange says why. */
async function checkClock(subject: string, endpoint: string, trust: Trust): Promise<readonly Finding[]> {
  try {
    const { date, sentAt, receivedAt } = await ask("HEAD", endpoint, trust);
    // A Date header has whole seconds, rounded down.
    const earliest = new Date(sentAt.getTime() - 1000);
    return date === undefined ? [] : [judgeClock(subject, "its clock", { sentAt: earliest, told: date, receivedAt })];
  } catch {
    return [];
  }
}
