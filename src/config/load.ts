/**
 * One YAML file and the environment, both given as values, to a checked configuration. Relative paths in the file start
 * at its directory. Faults of the text, of the environment and of the values are reported together.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { parseDocument } from "yaml";
import { ENCRYPTION_KEY_FILE, ensureEncryptionKeys } from "./encryption-key.ts";
import {
  applyVariables,
  type Environment,
  expandReferences,
  isTree,
  namingVariables,
  type Tree,
} from "./environment.ts";
import type { Fault } from "./fault.ts";
import { type Checked, checkConfig, type GatewayConfig } from "./schema.ts";
import { applySettings, type Setting } from "./settings.ts";

const DATABASE_FILE = "metadata.sqlite";
/** Stands for the newest key of the file while the rest is checked. */
const KEY_IN_FILE = "in the encryption key file";

/**
 * Reads and checks a configuration file, `settings` over it, and makes the directories of the key file and of the
 * SQLite database where they are missing. Throws one Error that lists every fault, a line each.
 */
export async function loadConfig(
  file: string,
  env: Environment,
  settings: readonly Setting[] = [],
): Promise<GatewayConfig> {
  const config = await withEncryptionKeys(await readConfigFile(file, env, settings));
  if (config.metadata.kind === "sqlite") await mkdir(dirname(config.metadata.file), { recursive: true });
  return config;
}

/** As `loadConfig`, for a database that exists already: throws where there is none, and makes no file. */
export async function loadExistingConfig(file: string, env: Environment): Promise<GatewayConfig> {
  const config = await inspectConfig(file, env);
  const missing = missingDatabase(config);
  if (missing !== undefined) throw new Error(`there is no database ${missing} yet: start the gateway first`);
  return config;
}

/** As `loadConfig`, for a database that is lost: its encryption key is not made, it must be there. */
export async function loadForRestore(file: string, env: Environment): Promise<GatewayConfig> {
  const config = await readConfigFile(file, env, []);
  if (config.metadata.kind === "sqlite") await mkdir(dirname(config.metadata.file), { recursive: true });
  if (config.encryptionKeyFile === undefined) return config;
  const [encryptionKey, ...others] = await ensureEncryptionKeys(config.encryptionKeyFile, undefined);
  return { ...config, encryptionKey, previousEncryptionKeys: [...others, ...config.previousEncryptionKeys] };
}

/** As `loadConfig`, but makes no file: without a database `encryptionKey` may be no key. */
export async function inspectConfig(file: string, env: Environment): Promise<GatewayConfig> {
  const config = await readConfigFile(file, env, []);
  return missingDatabase(config) === undefined ? withEncryptionKeys(config) : config;
}

/** The SQLite file that the first start makes; undefined: it is there, or the database is PostgreSQL. */
export function missingDatabase({ metadata }: Pick<GatewayConfig, "metadata">): string | undefined {
  return metadata.kind === "sqlite" && !existsSync(metadata.file) ? metadata.file : undefined;
}

async function readConfigFile(file: string, env: Environment, settings: readonly Setting[]): Promise<GatewayConfig> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(
      `cannot read the configuration file ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
  const checked = readConfig(text, dirname(resolve(file)), env, settings);
  if ("faults" in checked) throw new Error(describeFaults(file, checked.faults));
  return checked.config;
}

/**
 * As `loadConfig`, for text already read; does no I/O. `encryptionKey` is a placeholder when a key file is to hold it.
 */
export function readConfig(
  text: string,
  directory: string,
  env: Environment,
  settings: readonly Setting[] = [],
): Checked {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0)
    return {
      faults: document.errors.map((error) => ({
        path: "",
        message: `YAML: ${error.message.split("\n")[0]?.replace(/:$/, "") ?? error.code}`,
      })),
    };
  const faults: Fault[] = [];
  const tree: unknown = expandReferences(document.toJS() ?? {}, env, faults);
  // What a reference stands for is unknown: nothing else can be said about that value.
  const unknown = new Set(faults.map(({ path }) => path));
  const checked = checkConfig(
    isTree(tree) ? withPaths(applySettings(applyVariables(tree, env), settings, faults), directory) : tree,
  );
  if (faults.length === 0 && "config" in checked) return checked;
  const others = "faults" in checked ? checked.faults.filter(({ path }) => !unknown.has(path)) : [];
  return { faults: [...faults, ...others.map(namingVariables)] };
}

/** Reads the key file, or makes it beside a new SQLite database, where the configuration has no key of its own. */
async function withEncryptionKeys(config: GatewayConfig): Promise<GatewayConfig> {
  const { encryptionKeyFile, metadata, previousEncryptionKeys } = config;
  if (encryptionKeyFile === undefined) return config;
  const database = metadata.kind === "sqlite" ? metadata.file : undefined;
  const [encryptionKey, ...others] = await ensureEncryptionKeys(encryptionKeyFile, database);
  return { ...config, encryptionKey, previousEncryptionKeys: [...others, ...previousEncryptionKeys] };
}

/** Fills in what follows from the data directory, and makes paths absolute. */
function withPaths(tree: Tree, directory: string): Tree {
  const dataDirectory = resolve(directory, text(tree["dataDirectory"]) ?? "nearbucket-data");
  const metadata = isTree(tree["metadata"]) ? tree["metadata"] : (tree["metadata"] ?? {});
  const kind = isTree(metadata) ? (metadata["kind"] ?? "sqlite") : undefined;
  const inFile = kind === "sqlite" && isTree(metadata);
  return {
    ...tree,
    dataDirectory:
      tree["dataDirectory"] === undefined || text(tree["dataDirectory"]) !== undefined
        ? dataDirectory
        : tree["dataDirectory"],
    metadata: inFile
      ? { ...metadata, kind, file: placed(metadata["file"] ?? join(dataDirectory, DATABASE_FILE), directory) }
      : metadata,
    ...placedKey(tree, directory, inFile ? join(dataDirectory, ENCRYPTION_KEY_FILE) : undefined),
    ...placeAll(tree, "backends", directory),
    ...placeAll(tree, "sources", directory),
    ...(isTree(tree["geography"]) ? { geography: placeDatabases(tree["geography"], directory) } : {}),
    ...(tree["tls"] === undefined ? {} : { tls: withPlaced(tree["tls"], TLS_PATHS, directory) }),
  };
}

/** A key that is given goes before the file; `file`: where it is unless told, undefined: nowhere. */
function placedKey(tree: Tree, directory: string, file: string | undefined): Tree {
  if (tree["encryptionKey"] !== undefined) return { encryptionKeyFile: undefined };
  const encryptionKeyFile = placed(tree["encryptionKeyFile"] ?? file, directory);
  return encryptionKeyFile === undefined ? {} : { encryptionKey: KEY_IN_FILE, encryptionKeyFile };
}

function placeDatabases(geography: Tree, directory: string): Tree {
  const { databases } = geography;
  if (!Array.isArray(databases)) return geography;
  return { ...geography, databases: databases.map((one: unknown) => withPlaced(one, ["file"], directory)) };
}

const BACKEND_PATHS = ["directory", "caFile", "certificateFile", "keyFile"];
const TLS_PATHS = ["certificate", "key", "clientCaFile"];

function placeAll(tree: Tree, list: "backends" | "sources", directory: string): Tree {
  const all = tree[list];
  return Array.isArray(all) ? { [list]: all.map((one: unknown) => placeBackend(one, directory)) } : {};
}

/** Makes a backend's paths absolute, or a source's. */
export function placeBackend(backend: unknown, directory: string): unknown {
  return withPlaced(backend, BACKEND_PATHS, directory);
}

/** The keys of a backend whose paths are not absolute. */
export function relativePaths(backend: unknown): readonly string[] {
  if (!isTree(backend)) return [];
  return BACKEND_PATHS.filter((key) => text(backend[key]) !== undefined && !isAbsolute(String(backend[key])));
}

/** `keys` of the value are paths: made absolute where they stand. */
function withPlaced(value: unknown, keys: readonly string[], directory: string): unknown {
  if (!isTree(value)) return value;
  const paths = keys.filter((key) => value[key] !== undefined);
  return { ...value, ...Object.fromEntries(paths.map((key) => [key, placed(value[key], directory)])) };
}

function placed(path: unknown, directory: string): unknown {
  return text(path) === undefined ? path : resolve(directory, String(path));
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function describeFaults(file: string, faults: readonly Fault[]): string {
  const lines = faults.map(({ path, message }) => `  ${path === "" ? "" : `${path}: `}${message}`);
  return `${file} has ${faults.length === 1 ? "1 fault" : `${faults.length} faults`}:\n${lines.join("\n")}`;
}
