/** Composes what the calls of the API work with, from a gateway that is being made. */
import type { LiveStatus } from "./admin/live-status.ts";
import { reportStatus } from "./admin/status-report.ts";
import { administerBackends, examineStores, HOUR_MS, outageGraceMs } from "./administration.ts";
import type { ApiServices } from "./api/services.ts";
import { signingKeyFinder } from "./api/signing-key.ts";
import type { LiveBox } from "./auth/secret-box.ts";
import { declareBackend } from "./config/attached-backend.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { defaultRules } from "./cors-rules.ts";
import type { Delivery } from "./delivery/delivery.ts";
import type { Metadata } from "./metadata/metadata.ts";
import type { StatsReport } from "./metadata/stats.ts";
import type { Account } from "./model.ts";
import { packageVersion } from "./version.ts";

export interface ApiParts {
  readonly config: GatewayConfig;
  readonly metadata: Metadata;
  readonly delivery: Delivery;
  readonly fleet: ApiServices["fleet"];
  readonly box: LiveBox;
  readonly root: Account;
  readonly blobs: ApiServices["blobs"];
  readonly live: () => LiveStatus;
  readonly stats: () => Promise<StatsReport>;
  /** Has the fleet follow the database. */
  readonly follow: () => Promise<void>;
  readonly addressDatabases: ApiServices["operation"]["addressDatabases"];
  readonly now: () => Date;
}

export function apiServices(parts: ApiParts): ApiServices {
  const { config, metadata, delivery, blobs, fleet, box, root, live, stats, follow, now } = parts;
  const { region, regions, rootKey, copies, fewestCopies, minimumCopies, publicAccess, redirect, dedup } = config;
  const graceMs = outageGraceMs(config);
  const backends = async () =>
    administerBackends({ config, metadata, box: await box.current(), now, knowsBackends: true });
  return {
    metadata,
    delivery,
    blobs,
    fleet,
    seal: box.seal,
    signingKeyOf: signingKeyFinder({ accounts: metadata.accounts, rootKey, unseal: box.unseal }),
    now,
    facts: {
      ...{ version: packageVersion, root, rootKeyId: rootKey.accessKeyId, region, copies, publicAccess },
      ...{ redirect: redirect.mode, minimumCopies, fewestCopies, dedup: dedup.scope },
      ...{ graceMs: config.graceHours * HOUR_MS, hasConsole: config.console },
      cors: defaultRules(config.role, config.cors.allowedOrigins),
      readReplicas: config.readReplicas ?? "off",
      regions: () => [...new Set(fleet.members().map((member) => member.region.name))],
    },
    operation: {
      regions,
      outageGraceMs: graceMs,
      live,
      status: () =>
        reportStatus({
          ...{ metadata, copies, fewestCopies, live: live(), now: now() },
          ...{ configured: config.backends, graceMs },
        }),
      stats,
      addressDatabases: parts.addressDatabases,
      backends,
      examine: async () =>
        examineStores(config, { metadata, backends: await backends(), box: await box.current() }, live()),
      declare: (declared) => declareBackend(declared, config),
      follow,
    },
  };
}
