/**
 * One backend declared apart from the configuration file, to be attached at run time: checked as it would be there. Its
 * text holds secrets, so it is sealed in the database.
 */
import { parse } from "yaml";
import { type Environment, expandReferences, isTree } from "./environment.ts";
import type { Fault } from "./fault.ts";
import { placeBackend } from "./load.ts";
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
  const faults: Fault[] = [];
  const tree = expandReferences(parse(text), where.env, faults);
  if (!isTree(tree)) throw new Error("expected YAML with the keys of one backend, such as kind and region");
  if (tree["name"] !== undefined && tree["name"] !== name)
    throw new Error(`the backend is called ${String(tree["name"])} there, and ${name} on the command line`);
  return check(placeBackend({ ...tree, name }, where.directory), where.config, faults);
}

/** What `JSON.stringify` made of a declared backend. Throws when this configuration's regions do not fit any more. */
export function parseBackend(text: string, config: GatewayConfig): DeclaredBackend {
  return check(JSON.parse(text), config, []);
}

function check(backend: unknown, config: GatewayConfig, faults: readonly Fault[]): DeclaredBackend {
  const checked = checkConfig({ ...config, backends: [backend], copies: 1, minimumCopies: 1 });
  const [found] = "config" in checked ? checked.config.backends : [];
  if (found !== undefined && faults.length === 0) return found;
  const all = [...faults, ...("faults" in checked ? checked.faults : [])];
  throw new Error(all.map(({ path, message }) => `${path.replace("backends[0].", "")}: ${message}`).join("; "));
}
