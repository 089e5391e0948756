/** Composes what the calls of the API work with, from a gateway that is being made. */
import type { LiveStatus } from "./admin/live-status.ts";
import { reportStatus } from "./admin/status-report.ts";
import { administerBackends, outageGraceMs } from "./administration.ts";
import type { ApiServices } from "./api/services.ts";
import { openSecretBox, type SecretBox } from "./auth/secret-box.ts";
import { declareBackend } from "./config/attached-backend.ts";
import { currentEncryptionKeys } from "./config/encryption-key.ts";
import type { GatewayConfig } from "./config/schema.ts";
import type { Metadata } from "./metadata/metadata.ts";
import type { StatsReport } from "./metadata/stats.ts";
import type { Account } from "./model.ts";
import { packageVersion } from "./version.ts";

export interface ApiParts {
  readonly config: GatewayConfig;
  readonly metadata: Metadata;
  readonly root: Account;
  readonly seal: ApiServices["seal"];
  readonly delivery: ApiServices["delivery"];
  readonly blobs: ApiServices["blobs"];
  readonly live: () => LiveStatus;
  readonly stats: () => Promise<StatsReport>;
  /** Has the fleet follow the database. */
  readonly follow: () => Promise<void>;
  readonly now: () => Date;
}

export function apiServices(parts: ApiParts): ApiServices {
  const { config, metadata, root, seal, delivery, blobs, live, stats, follow, now } = parts;
  const { region, regions, copies, minimumCopies = copies, publicAccess, redirect, dedup } = config;
  const graceMs = outageGraceMs(config);
  const box = currentBox(config);
  return {
    metadata,
    seal,
    delivery,
    blobs,
    now,
    facts: {
      ...{ version: packageVersion, root, rootKeyId: config.rootKey.accessKeyId, region, copies, publicAccess },
      ...{ redirect: redirect.mode, minimumCopies: Math.min(minimumCopies, copies), dedup: dedup.scope },
    },
    operation: {
      regions,
      outageGraceMs: graceMs,
      live,
      status: () =>
        reportStatus({
          ...{ metadata, copies, live: live(), now: now() },
          ...{ configured: config.backends, graceMs },
        }),
      stats,
      backends: async () => administerBackends({ config, metadata, box: await box(), now, knowsBackends: true }),
      declare: (declared) => declareBackend(declared, config),
      follow,
    },
  };
}

/** Another process may put a new encryption key beside the old ones. Making a box out of keys takes a while. */
function currentBox(config: GatewayConfig): () => Promise<SecretBox> {
  let known: { readonly keys: string; readonly box: SecretBox } | undefined;
  return async () => {
    const keys = await currentEncryptionKeys(config);
    const text = keys.join("\n");
    if (known?.keys !== text) known = { keys: text, box: openSecretBox(keys) };
    return known.box;
  };
}
