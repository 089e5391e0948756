/**
 * What the environment says about the configuration: `${NAME}` in text values, and the variables that stand for a key.
 * A variable that is set goes before the file, so that nobody has to write secrets down.
 */
import { type Fault, pathOf } from "./fault.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A file's content as plain values. */
export type Tree = { readonly [key: string]: unknown };

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

const VARIABLES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  NEARBUCKET_DATA: ["dataDirectory"],
  NEARBUCKET_ENCRYPTION_KEY: ["encryptionKey"],
  NEARBUCKET_ROOT_ACCESS_KEY: ["rootKey", "accessKeyId"],
  NEARBUCKET_ROOT_SECRET_KEY: ["rootKey", "secretAccessKey"],
};

/** Replaces every `${NAME}`; one that is not set becomes a fault and stays as it is. */
export function expandReferences(
  value: unknown,
  env: Environment,
  faults: Fault[],
  path: readonly PropertyKey[] = [],
): unknown {
  if (typeof value === "string")
    return value.replace(REFERENCE, (reference, name: string) => {
      const found = env[name];
      if (found === undefined)
        faults.push({ path: pathOf(path), message: `expected the environment variable ${name} to be set` });
      return found ?? reference;
    });
  if (Array.isArray(value)) return value.map((entry, index) => expandReferences(entry, env, faults, [...path, index]));
  if (isTree(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, expandReferences(entry, env, faults, [...path, key])]),
    );
  return value;
}

/** The tree with the keys that variables stand for. */
export function applyVariables(tree: Tree, env: Environment): Tree {
  let applied = tree;
  for (const [variable, [key, inner]] of Object.entries(VARIABLES)) {
    const value = env[variable];
    if (value === undefined || value === "") continue;
    const current = applied[key];
    applied = {
      ...applied,
      [key]: inner === undefined ? value : { ...(isTree(current) ? current : {}), [inner]: value },
    };
  }
  return applied;
}

/** The fault of something that is missing says which variables stand for it. */
export function namingVariables({ path, message }: Fault): Fault {
  const names = Object.entries(VARIABLES).flatMap(([variable, keys]) =>
    `${pathOf(keys)}.`.startsWith(`${path}.`) ? [variable] : [],
  );
  if (names.length === 0 || !message.startsWith("missing: ")) return { path, message };
  return { path, message: `${message}, or ${names.join(" and ")} in the environment` };
}

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
