/**
 * The database and the backends of a configuration without a running gateway: what commands work with beside one, and
 * what the gateway itself opens them by.
 */
import { dirname, join } from "node:path";
import { BackendAdministration } from "./admin/backend-administration.ts";
import { checkDatabase } from "./admin/checks/database.ts";
import { examine } from "./admin/checks/examine.ts";
import type { Finding } from "./admin/checks/finding.ts";
import { checkGeography } from "./admin/checks/geography.ts";
import { checkInventories } from "./admin/checks/inventory.ts";
import { checkJournal } from "./admin/checks/journal.ts";
import { checkPlacement } from "./admin/checks/placement.ts";
import { checkScrubs } from "./admin/checks/scrub.ts";
import { checkReadable, checkSecrets } from "./admin/checks/secrets.ts";
import { checkSpace } from "./admin/checks/space.ts";
import { checkTakeovers } from "./admin/checks/takeovers.ts";
import { closedSecrets } from "./admin/closed-secrets.ts";
import type { LiveStatus } from "./admin/live-status.ts";
import { openSecretBox, type SecretBox } from "./auth/secret-box.ts";
import { makeSignInLink, type SignInLink } from "./auth/sign-in-link.ts";
import { parseBackend } from "./config/attached-backend.ts";
import { isNested } from "./config/contradictions.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { presentBackends } from "./metadata/backends.ts";
import { type Metadata, openMetadata } from "./metadata/metadata.ts";
import { type Lock, takeLock } from "./metadata/sqlite/lock.ts";
import type { StatsReport } from "./metadata/stats.ts";
import type { OldBucket } from "./model.ts";
import { openOldPlaces } from "./old-places.ts";

export const HOUR_MS = 3_600_000;

/** The database, and the backends as they can be reached from here, for commands beside a running gateway. */
export interface Administration {
  readonly metadata: Metadata;
  readonly backends: BackendAdministration;
  readonly box: SecretBox;
  /** Counted against the fleet as running gateways last saw it. */
  stats(): Promise<StatsReport>;
  close(): Promise<void>;
}

/** `knowsBackends`: the configuration names them; a demo's does not. */
export async function openAdministration(config: GatewayConfig, knowsBackends = true): Promise<Administration> {
  const now = () => new Date();
  const options = { ...metadataOptions(config, now, undefined), cacheRows: 0, mayUpgrade: false };
  const metadata = await openMetadata(options);
  const box = openSecretBox([config.encryptionKey, ...config.previousEncryptionKeys]);
  const backends = administerBackends({ config, metadata, box, now, knowsBackends });
  const stats = async () => {
    const registered = await metadata.backends.list();
    const present = registered.length > 0 ? presentBackends(registered, outageGraceMs(config)) : undefined;
    return metadata.stats.report(config.copies, present, config.fewestCopies);
  };
  return { metadata, backends, box, stats, close: () => metadata.close() };
}

/** A link that signs in to the console as the key from the configuration. */
export function makeRootLink({ sessions }: Metadata, rootKeyId: string, now: Date): Promise<SignInLink> {
  return makeSignInLink(now, async (tokenHash, expiresAt) => {
    if (!(await sessions.addLink(tokenHash, rootKeyId, expiresAt)))
      throw new Error("there are too many sign-in links of the root key: wait until they are over");
  });
}

/** `knowsBackends`: the configuration names them. */
export function administerBackends({
  config,
  metadata,
  box,
  now,
  knowsBackends,
}: {
  readonly config: GatewayConfig;
  readonly metadata: Metadata;
  readonly box: SecretBox;
  readonly now: () => Date;
  readonly knowsBackends: boolean;
}): BackendAdministration {
  return new BackendAdministration({
    metadata,
    rule: config,
    configured: knowsBackends ? config.backends : undefined,
    attached: ({ name, config: sealed }) =>
      sealed && parseBackend(box.unseal({ accessKeyId: sealedFor(name), ...sealed }), config),
    seal: (backend) => box.seal(JSON.stringify(backend), sealedFor(backend.name)),
    isNested,
    outageGraceMs: outageGraceMs(config),
    now,
  });
}

/**
 * Is there room where a gateway writes on this machine, are its disks on devices of their own, and are its data about
 * addresses of use?
 */
export async function examinePlaces(
  { dataDirectory, metadata, geography }: GatewayConfig,
  backends: Awaited<ReturnType<BackendAdministration["configurations"]>>,
): Promise<readonly Finding[]> {
  const space = await checkSpace([
    { what: "the data directory", path: dataDirectory, isBackend: false },
    ...(metadata.kind === "sqlite" ? [{ what: "the database", path: dirname(metadata.file), isBackend: false }] : []),
    ...backends.flatMap((backend) =>
      backend.kind === "disk"
        ? [{ what: `the disk of ${backend.name}`, path: backend.directory, isBackend: true }]
        : [],
    ),
  ]);
  return [...space, ...(await checkGeography(geography, new Date()))];
}

/**
 * The database, its journal, all backends in use, and where this machine is written to, tried from here. `live`: what a
 * running gateway says.
 */
export async function examineStores(
  config: GatewayConfig,
  { metadata, backends, box }: Pick<Administration, "metadata" | "backends" | "box">,
  live: LiveStatus | undefined,
): Promise<readonly Finding[]> {
  const opened = await backends.configurations();
  const { journal, encryptionKeyFile: keyFile } = config;
  const journalFacts = { mode: journal.mode, snapshotHours: journal.snapshotHours, keyFile, now: new Date() };
  return [
    ...(await examinePlaces(config, opened)),
    ...(await checkDatabase({ metadata, backends: config.backends })),
    checkSecrets(await closedSecrets(metadata, box.has)),
    ...checkReadable(await backends.unreadable()),
    ...(await checkScrubs(metadata, config.scrub.days, new Date())),
    ...checkJournal({ ...journalFacts, status: live?.journal }),
    ...(await checkPlacement(metadata, opened)),
    ...(await examineTakeovers(config, metadata, opened)),
    ...(await checkInventories({ metadata, hours: config.inventory.hours, now: new Date() })),
    ...(await examine(opened, metadata, live?.backends ?? [])),
  ];
}

async function examineTakeovers(
  { sources }: GatewayConfig,
  metadata: Metadata,
  opened: Awaited<ReturnType<BackendAdministration["configurations"]>>,
): Promise<readonly Finding[]> {
  const places = openOldPlaces(sources, metadata, () => opened);
  const first = { prefix: "", delimiter: undefined, after: undefined, limit: 1 };
  const ask = async (from: OldBucket) => (await places.open(from)).list(first);
  return checkTakeovers(await metadata.takeovers.list(), ask).finally(() => places.close());
}

export function outageGraceMs({ repair }: GatewayConfig): number {
  return repair.graceMinutes * 60_000;
}

/** A lock on a data directory; undefined while another process has it. It is free again when its process ends. */
export function lockDirectory(directory: string): Promise<Lock | undefined> {
  return takeLock(join(directory, "lock"));
}

/** What an attached backend's configuration is sealed for; no access key has a slash. */
export function sealedFor(backend: string): string {
  return `backend/${backend}`;
}

export function metadataOptions(
  config: GatewayConfig,
  now: () => Date,
  onFatal: ((cause: unknown) => void) | undefined,
) {
  return {
    engine: config.metadata,
    now,
    graceMs: config.graceHours * HOUR_MS,
    cacheRows: config.metadata.kind === "sqlite" ? config.cacheRows : 0,
    ...(onFatal && { onFatal }),
  };
}
