/** What the calls of the API work with; made by the composition root. */
import type { BackendAdministration } from "../admin/backend-administration.ts";
import type { Finding } from "../admin/checks/finding.ts";
import type { LiveStatus } from "../admin/live-status.ts";
import type { StatusReport } from "../admin/status-report.ts";
import type { LiveBox } from "../auth/secret-box.ts";
import type { Fleet } from "../backends/fleet.ts";
import type { BackendConfig } from "../backends/kinds.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { CorsRule } from "../cors-rules.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { StatsReport } from "../metadata/stats.ts";
import type { Account, DedupScope, PublicAccess, RedirectMode, Region } from "../model.ts";
import type { ReadReplicaRule } from "../wanted.ts";
import type { signingKeyFinder } from "./signing-key.ts";

export interface ApiServices {
  readonly metadata: Metadata;
  readonly seal: LiveBox["seal"];
  readonly delivery: Delivery;
  readonly blobs: BlobStore;
  readonly fleet: Pick<Fleet, "get" | "members">;
  /** The key that outlives a session: see signing-key.ts. */
  readonly signingKeyOf: ReturnType<typeof signingKeyFinder>;
  readonly now: () => Date;
  readonly facts: GatewayFacts;
  readonly operation: OperationServices;
}

/** What operators look at and do beside the S3 calls. */
export interface OperationServices {
  readonly regions: readonly Region[];
  /** How long copies on a backend that is away still count as good. */
  readonly outageGraceMs: number;
  live(): LiveStatus;
  status(): Promise<StatusReport>;
  stats(): Promise<StatsReport>;
  /** The data by which clients are placed; undefined `file`: the built-in one. */
  addressDatabases(): readonly { readonly file: string | undefined; readonly kind: string; readonly builtAt: Date }[];
  /** With the encryption keys as they are by now. */
  backends(): Promise<BackendAdministration>;
  /** All that the gateway depends on, tried from its machine; a test object is written to each backend and deleted. */
  examine(): Promise<readonly Finding[]>;
  /** A backend as in the configuration file; `path`: of a fault, as there. */
  declare(
    declared: unknown,
  ):
    | { readonly backend: BackendConfig }
    | { readonly faults: readonly { readonly path: string; readonly message: string }[] };
  /** Has this gateway see at once what was changed of backends. Others see it within seconds. */
  follow(): Promise<void>;
}

/** What the configuration says that callers may know. */
export interface GatewayFacts {
  readonly version: string;
  readonly root: Account;
  /** Of the key from the configuration. */
  readonly rootKeyId: string;
  readonly region: string;
  readonly copies: number;
  /** No bucket may ask for fewer. */
  readonly fewestCopies: number;
  /** Names of those with a backend. */
  readonly regions: () => readonly string[];
  /** For buckets without a setting of their own. */
  readonly minimumCopies: number;
  readonly dedup: DedupScope;
  readonly cors: readonly CorsRule[];
  readonly readReplicas: ReadReplicaRule | "off";
  /** How long a blob without references is kept. */
  readonly graceMs: number;
  readonly redirect: RedirectMode;
  readonly publicAccess: PublicAccess;
  readonly hasConsole: boolean;
}
