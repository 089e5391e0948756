/** The configuration of a node: a gateway over one disk, which another gateway uses as a backend. */
import { join } from "node:path";
import { ENCRYPTION_KEY_FILE, ensureEncryptionKeys } from "../config/encryption-key.ts";
import type { Fault } from "../config/fault.ts";
import { checkConfig, type GatewayConfig, type GatewayConfigInput } from "../config/schema.ts";
import { applySettings, type Setting } from "../config/settings.ts";

export interface NodeOptions {
  readonly directory: string;
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
  readonly rootKey: GatewayConfigInput["rootKey"];
  /** PEM files. */
  readonly tls?: GatewayConfigInput["tls"];
  /** Its name in `x-nearbucket-region`; only its gateway knows the coordinates. */
  readonly region: string;
  readonly logLevel: NonNullable<NonNullable<GatewayConfigInput["log"]>["level"]>;
  readonly settings?: readonly Setting[];
}

/** Makes the node's encryption key on first use. */
export async function nodeConfig({
  directory,
  host,
  port,
  tls,
  rootKey,
  region,
  logLevel,
  settings,
}: NodeOptions): Promise<GatewayConfig> {
  const file = join(directory, "metadata.sqlite");
  const input: GatewayConfigInput = {
    role: "node",
    listen: { host, port },
    tls,
    dataDirectory: directory,
    metadata: { kind: "sqlite", file },
    rootKey,
    ...(await keptEncryptionKeys(directory, file)),
    regions: [{ name: region, latitude: 0, longitude: 0 }],
    backends: [{ kind: "disk", name: "disk", region, directory: join(directory, "disk") }],
    copies: 1,
    // The gateway has deduplicated what it sends, and deletes only after its own grace.
    dedup: { scope: "off" },
    graceHours: 1,
    redirect: { mode: "off" },
    log: { level: logLevel },
  };
  return checked(input, settings);
}

/** The encryption keys in a data directory's file; makes the file with a first key when it is missing. */
export async function keptEncryptionKeys(
  directory: string,
  database: string,
): Promise<Pick<GatewayConfigInput, "encryptionKey" | "previousEncryptionKeys" | "encryptionKeyFile">> {
  const encryptionKeyFile = join(directory, ENCRYPTION_KEY_FILE);
  const [encryptionKey, ...previousEncryptionKeys] = await ensureEncryptionKeys(encryptionKeyFile, database);
  return { encryptionKey, previousEncryptionKeys, encryptionKeyFile };
}

/**
 * Checks a configuration that the program makes, overridden by `settings`. Throws one Error with every fault. The data
 * directory is none of these settings: the paths of the other files were made from it before.
 */
export function checked(input: GatewayConfigInput, settings: readonly Setting[] = []): GatewayConfig {
  const faults: Fault[] = settings
    .filter(({ path }) => path[0] === "dataDirectory")
    .map(() => ({ path: "dataDirectory", message: "set it with --data" }));
  const result = checkConfig(applySettings({ ...input }, settings, faults));
  if ("config" in result && faults.length === 0) return result.config;
  const all = [...faults, ...("faults" in result ? result.faults : [])];
  throw new Error(all.map(({ path, message }) => `${path}: ${message}`).join("; "));
}
