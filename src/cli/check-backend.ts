/** All that the doctor looks at on backends: clock, identity, an exchange of bytes, redirects. All backends at once. */
import { ask, type Trust } from "../admin/checks/ask.ts";
import { examineBackend } from "../admin/checks/backend.ts";
import { judgeCalls } from "../admin/checks/calls.ts";
import { judgeClock } from "../admin/checks/clocks.ts";
import { error, type Finding, warning } from "../admin/checks/finding.ts";
import { type OpenedBackend, openAlone } from "../admin/checks/open-alone.ts";
import { checkRedirect } from "../admin/checks/redirect.ts";
import { judgeBackendSpace } from "../admin/checks/space.ts";
import type { LiveStatus } from "../admin/live-status.ts";
import type { Administration } from "../administration.ts";
import { reasonOf } from "../log.ts";

type Metadata = Administration["metadata"];
type BackendConfig = Parameters<typeof openAlone>[0];

/** `metadata`: undefined before the first start. `live`: what a running gateway says of them. */
export async function examine(
  backends: readonly BackendConfig[],
  metadata: Metadata | undefined,
  live: LiveStatus["backends"],
): Promise<readonly Finding[]> {
  const registered = (await metadata?.backends.list()) ?? [];
  const kept = backends.filter(({ kind }) => kind !== "memory");
  const examined = kept.map((backend) => {
    const identity = registered.find(({ name }) => name === backend.name)?.identity;
    const seen = live.find(({ name }) => name === backend.name);
    return examineOne(backend, metadata, identity, seen);
  });
  return (await Promise.all(examined)).flat();
}

async function examineOne(
  config: BackendConfig,
  metadata: Metadata | undefined,
  registered: string | undefined,
  seen: LiveStatus["backends"][number] | undefined,
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
    const { findings, isUsable } = await examineBackend(far, registered, (key) =>
      checkRedirect({ far, near, trust, key: blob?.storageKey ?? key }),
    );
    const room =
      config.kind === "disk" && config.sizeBytes === undefined ? [] : judgeBackendSpace(subject, seen?.space);
    const calls = seen === undefined ? [] : judgeCalls(subject, seen);
    return [...clock, ...findings, ...room, ...calls, ...(isUsable ? disagreement(subject, seen) : [])];
  } finally {
    await opened.close();
  }
}

function disagreement(subject: string, seen: LiveStatus["backends"][number] | undefined): readonly Finding[] {
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
