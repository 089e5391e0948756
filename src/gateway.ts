/**
 * The composition root: a checked configuration becomes a running gateway. The only file that calls the rooms'
 * constructors; what it opened it closes in the reverse order, also when a later step fails.
 */
import { askedFrom } from "./admin/asked-from.ts";
import { checkOpens, closedSecrets } from "./admin/closed-secrets.ts";
import { openHistory } from "./admin/history.ts";
import { journalStatus } from "./admin/journal-status.ts";
import { openLiveStatus } from "./admin/live-status.ts";
import { openMetrics } from "./admin/metrics.ts";
import { watchReadiness } from "./admin/readiness.ts";
import { watchCounts } from "./admin/recent-counts.ts";
import { watchSafety } from "./admin/safety-watch.ts";
import { HOUR_MS, metadataOptions } from "./administration.ts";
import { apiOperations } from "./api/table.ts";
import { apiServices } from "./api-services.ts";
import { openAuthenticator } from "./auth/authenticate.ts";
import { scopeAllows } from "./auth/key-scope.ts";
import { openLiveBox } from "./auth/secret-box.ts";
import type { Fleet } from "./backends/fleet.ts";
import { spaceHeaders } from "./backends/space.ts";
import { currentEncryptionKeys } from "./config/encryption-key.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { defaultRules } from "./cors-rules.ts";
import { clientReader, trustedProxyFinder } from "./delivery/client.ts";
import { openDelivery } from "./delivery/delivery.ts";
import { openGeography } from "./geography/geography.ts";
import { createAdminApp, createApp } from "./http/app.ts";
import { Budget } from "./http/budget.ts";
import { accessCheck } from "./http/dispatch.ts";
import { Pace } from "./http/pace.ts";
import type { RequestEnd } from "./http/request-log.ts";
import { listen, urlOf } from "./http/server.ts";
import { UnderWay } from "./http/under-way.ts";
import type { JournalKeeping } from "./journal/keeping.ts";
import { openJournalOf } from "./journal-of.ts";
import { auditLog, type Log } from "./log.ts";
import { type Metadata, openMetadata } from "./metadata/metadata.ts";
import type { StatsReport } from "./metadata/stats.ts";
import { openOldPlaces } from "./old-places.ts";
import { route } from "./operations/route.ts";
import { operations } from "./operations/table.ts";
import { Stack } from "./stack.ts";
import { openStores } from "./stores.ts";
import { openTakeover } from "./takeover/takeover.ts";
import { openFarReads } from "./upkeep/far-reads.ts";
import { openKeyUses } from "./upkeep/key-uses.ts";
import { openUpkeep, type Upkeep } from "./upkeep/upkeep.ts";

export interface GatewayDependencies {
  readonly log: Log;
  /** Told of changes of buckets and their settings. Default: `log`, at every level but silent. */
  readonly audit?: Log;
  readonly now?: () => Date;
  /** Told when the database can no longer be trusted to keep what it acknowledges: the process must end. */
  readonly onFatal?: (cause: unknown) => void;
}

export interface Gateway {
  /** `http://host:port`, or https. */
  readonly url: string;
  /** The listener for operators alone, where there is one. */
  readonly adminUrl: string | undefined;
  readonly port: number;
  readonly metadata: Metadata;
  readonly fleet: Fleet;
  readonly upkeep: Upkeep;
  stats(): Promise<StatsReport>;
  /** From now on it is not ready, so that load balancers go elsewhere; what comes all the same is served. */
  announceStop(): void;
  /** Finishes the requests under way, `graceMs` (default 30,000) at most, then stops. */
  close(graceMs?: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The root account's name: it owns what the root key makes. */
const ROOT_ACCOUNT = "root";

export async function openGateway(config: GatewayConfig, dependencies: GatewayDependencies): Promise<Gateway> {
  const { log, audit = auditLog(log), now = () => new Date() } = dependencies;
  const opened = new Stack();
  try {
    let journal: JournalKeeping | undefined;
    const acknowledge = config.journal.mode === "ack" ? async () => journal?.acknowledge() : undefined;
    const metadata = opened.add(
      await openMetadata({ ...metadataOptions(config, now, dependencies.onFatal), acknowledge }),
    );
    const root = await metadata.accounts.ensure(ROOT_ACCOUNT);
    const box = openLiveBox([config.encryptionKey, ...config.previousEncryptionKeys], () =>
      currentEncryptionKeys(config),
    );
    checkOpens(await closedSecrets(metadata, (await box.current()).has), log);
    const stores = opened.add(await openStores(config, { metadata, unseal: box.unseal, now, log }));
    const { fleet, errors, registry, blobs, declared } = stores;
    journal = opened.add(await openJournalOf(config, { metadata, fleet, now, log }));
    const { mayDelete, report } = journal;
    const { bufferedBytes, connections, idleSeconds, minimumBytesPerSecond } = config.limits;
    const budget = new Budget({ bytes: bufferedBytes });
    const pace = new Pace({ budget, windowMs: idleSeconds * 1000, minimumBytesPerSecond });
    const places = opened.add(openOldPlaces(config.sources, metadata, () => declared));
    const takeover = opened.add(
      openTakeover({
        ...{ metadata, blobs, places, log },
        defaults: { dedup: config.dedup.scope, multipart: config.dedup.multipart, copies: config.copies },
      }),
    );
    const underWay = new UnderWay();
    const keyUses = opened.add(openKeyUses({ record: (uses) => metadata.accounts.recordUses(uses), now, log }));
    const farReads = opened.add(openFarReads({ record: (all) => metadata.readDemand.record(all), log }));
    const safety = opened.add(watchSafety({ holders: metadata.holders, fleet, rule: config, now, log }));
    const upkeep = opened.add(
      openUpkeep({
        metadata,
        fleet,
        blobs,
        copies: config.copies,
        fewestCopies: config.fewestCopies,
        bytesPerSecond: config.repair.bytesPerSecond,
        isBusy: () => underWay.any,
        mayDelete,
        scrub: config.scrub,
        inventoryMs: config.inventory.hours * HOUR_MS,
        now,
        log,
        graceMs: config.graceHours * HOUR_MS,
      }),
    );
    const metrics = openMetrics({
      ...{ fleet, metadata, budget, pace, blobs, safety, now, journal: () => journalStatus(report()) },
      scrubbed: upkeep.scrubbed,
      errors,
    });
    const readiness = opened.add(watchReadiness({ metadata, fleet, copies: config.copies, log }));
    const status = openLiveStatus({
      fleet,
      errors: opened.add(watchCounts(() => errors.counts)),
      jobs: opened.add(watchCounts(() => metadata.jobs.finished)),
      jobKinds: () => metadata.jobs.finished.keys(),
      journal: () => journalStatus(report()),
      copies: config.copies,
      now,
    });
    const stats = () =>
      metadata.stats.report(
        config.copies,
        fleet
          .members()
          .map(({ backend }) => backend.name)
          .filter(fleet.isPresent),
        config.fewestCopies,
      );
    const history = opened.add(openHistory({ history: metadata.history, stats, now, log }));
    const health = { ready: () => readiness.now(), status, metrics: metrics.render };
    const publicOrigins = () => fleet.members().flatMap(({ backend }) => backend.traits.publicEndpoint ?? []);
    const observe = (end: RequestEnd) => {
      metrics.observe(end);
      if (!end.isOwn) history.observe(end);
    };
    const common = { health, hosts: config, log, observe };
    const readClient = clientReader(config);
    const geography = opened.add(await openGeography(config.geography, log));
    const delivery = openDelivery({
      fleet,
      regions: config.regions,
      backends: declared,
      redirect: config.redirect,
      clientMap: config.clientMap,
      geography,
      region: config.region,
      readReplicas: config.readReplicas,
      noteFarRead: farReads.note,
      now,
      count(kind, rule, family, bytes) {
        metrics.countRedirect(kind, rule, family);
        history.countRead(kind, family, bytes);
      },
    });
    const app = createApp({
      services: {
        metadata,
        blobs,
        takeover,
        delivery,
        now,
        region: config.region,
        dedup: config.dedup,
        placement: {
          copies: config.copies,
          fewestCopies: config.fewestCopies,
          regions: () => fleet.members().map(({ region }) => region.name),
        },
        publicAccess: config.publicAccess,
        checkAccess: accessCheck(config.publicAccess),
        inScope: ({ scope }, action, named) => scopeAllows(scope, action, named),
        honoursEmbeddedHeaders: config.role === "node",
        spaceHeaders: () => spaceHeaders(fleet.members().map(({ space }) => space)),
      },
      authenticator: openAuthenticator({
        findKey: (accessKeyId) => metadata.accounts.findKey(accessKeyId),
        rootKey: { ...config.rootKey, account: root },
        unseal: box.unseal,
        noteUse: keyUses.note,
        now,
        region: config.strictRegion ? config.region : undefined,
        signatureV2: config.signatureV2,
      }),
      route: route(operations),
      api: {
        operations: apiOperations,
        services: apiServices({
          ...{ config, metadata, delivery, blobs, fleet, box, root, live: status, stats, now },
          follow: () => registry.refresh(),
          addressDatabases: () => geography.databases,
        }),
      },
      audit,
      admission: { budget, pace },
      underWay,
      publicOrigins,
      domains: config.domains,
      corsRules: defaultRules(config.role, config.cors.allowedOrigins),
      readClient,
      isOperator: config.admin.listen ? () => false : askedFrom(config.admin.networks),
      mayAskApi: config.api.networks && askedFrom(config.api.networks),
      hasConsole: config.console,
      ...common,
    });
    const admin = config.admin.listen && {
      ...config.admin.listen,
      ...(await listen(createAdminApp(common).callback(), {
        ...config.admin.listen,
        ...{ name: "admin.listen", pace, connections, log },
      })),
    };
    if (admin !== undefined) opened.add({ close: () => admin.close(0) });
    const server = await listen(app.callback(), {
      ...config.listen,
      name: "listen",
      pace,
      connections,
      proxyProtocol:
        config.listen.proxyProtocol === "required"
          ? { isTrusted: trustedProxyFinder(config.trustedProxies) }
          : undefined,
      tls: config.tls && { ...config.tls, ca: config.tls.clientCaFile },
      log,
    });
    registry.start();
    journal.start();
    upkeep.start();
    keyUses.start();
    farReads.start();
    history.start();
    const close = async (graceMs = 30_000) => {
      await server.close(graceMs);
      await opened.close();
    };
    return {
      url: urlOf(config.tls ? "https" : "http", config.listen.host, server.port),
      adminUrl: admin && urlOf("http", admin.host, admin.port),
      port: server.port,
      metadata,
      fleet,
      upkeep,
      stats,
      announceStop: () => readiness.stop(),
      close,
      [Symbol.asyncDispose]: () => close(0),
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
