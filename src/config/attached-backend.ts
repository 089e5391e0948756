/**
 * One backend declared apart from the configuration file, to be attached at run time: checked as it would be there. Its
 * text holds secrets, so it is sealed in the database.
 */
import { parse } from "yaml";
import { type Environment, expandReferences, isTree } from "./environment.ts";
import type { Fault } from "./fault.ts";
import { placeBackend, relativePaths } from "./load.ts";
import { checkConfig, type GatewayConfig } from "./schema.ts";

/** As it stands in a configuration's `backends`. */
export type DeclaredBackend = GatewayConfig["backends"][number];

/**
 * Reads YAML with the keys of one backend but its name; relative paths start at `directory`. Throws one Error with
 * every fault.
 */
export function readBackend(
  text: string,
  name: string,
  where: { readonly config: GatewayConfig; readonly env: Environment; readonly directory: string },
): DeclaredBackend {
  const { tree, faults } = readTree(text, name, where.env);
  return check(placeBackend(tree, where.directory), where.config, faults);
}

/** The same for a gateway elsewhere, which knows its regions and its files. Throws what cannot be read here. */
export function readDeclaration(text: string, name: string, env: Environment): Readonly<Record<string, unknown>> {
  const { tree, faults } = readTree(text, name, env);
  if (faults.length > 0) throw new Error(faults.map(({ path, message }) => `${path}: ${message}`).join("; "));
  return tree;
}

function readTree(text: string, name: string, env: Environment) {
  const faults: Fault[] = [];
  const tree = expandReferences(parse(text), env, faults);
  if (!isTree(tree)) throw new Error("expected YAML with the keys of one backend, such as kind and region");
  if (tree["name"] !== undefined && tree["name"] !== name)
    throw new Error(`the backend is called ${String(tree["name"])} there, and ${name} on the command line`);
  return { tree: { ...tree, name }, faults };
}

/** What `JSON.stringify` made of a declared backend. Throws when this configuration's regions do not fit any more. */
export function parseBackend(text: string, config: GatewayConfig): DeclaredBackend {
  // A source that came to bear its name since takes nobody's copies away.
  return check(JSON.parse(text), { ...config, sources: [] }, []);
}

/**
 * One backend as it would stand in the configuration file, from somewhere that has no directory: paths are absolute,
 * and no variable is filled in. Never throws: the faults are all there are, each where it stands in the backend.
 */
export function declareBackend(
  declared: unknown,
  config: GatewayConfig,
): { readonly backend: DeclaredBackend } | { readonly faults: readonly Fault[] } {
  const faults = relativePaths(declared).map((path) => ({ path, message: "expected an absolute path" }));
  const checked = checkOne(declared, config);
  if ("backend" in checked && faults.length === 0) return checked;
  return { faults: [...faults, ...("faults" in checked ? checked.faults : [])] };
}

function check(backend: unknown, config: GatewayConfig, faults: readonly Fault[]): DeclaredBackend {
  const checked = checkOne(backend, config);
  if ("backend" in checked && faults.length === 0) return checked.backend;
  const all = [...faults, ...("faults" in checked ? checked.faults : [])];
  throw new Error(all.map(({ path, message }) => `${path}: ${message}`).join("; "));
}

function checkOne(
  backend: unknown,
  config: GatewayConfig,
): { readonly backend: DeclaredBackend } | { readonly faults: readonly Fault[] } {
  const checked = checkConfig({ ...config, backends: [backend], copies: 1, fewestCopies: 1, minimumCopies: 1 });
  if ("faults" in checked)
    return { faults: checked.faults.map(({ path, message }) => ({ path: path.replace("backends[0].", ""), message })) };
  const [found] = checked.config.backends;
  return found === undefined ? { faults: [] } : { backend: found };
}
