/**
 * Settings given one by one, `redirect.minBytes=0`: laid over what a file or the program itself says, and then checked
 * as any configuration is. A command line can be read by every user of a machine, so no secret is taken from one.
 */
import { parse } from "yaml";
import { isTree, type Tree } from "./environment.ts";
import { type Fault, pathOf } from "./fault.ts";

/** More steps than any key has: YAML can make a value that holds itself. */
const DEEPEST = 8;

export interface Setting {
  /** `["backends", 0, "capacity"]`. */
  readonly path: readonly [string | number, ...(string | number)[]];
  /** What YAML reads in the text behind "=". */
  readonly value: unknown;
}

const SECRET = /secretaccesskey$|^(?:previous)?encryptionkeys?(?:\[|$)|^metadata\.url$/i;

/** Reads `path=value`; steps are parted by dots, `backends.0.capacity` and `backends[0].capacity` mean the same. */
export function parseSetting(text: string): Setting | { readonly expected: string } {
  const at = text.indexOf("=");
  const steps = at < 0 ? [] : text.slice(0, at).replaceAll("[", ".").replaceAll("]", "").split(".");
  const [first, ...rest] = steps.map((step) => (/^\d{1,9}$/.test(step) ? Number(step) : step));
  if (first === undefined || steps.includes("")) return { expected: "key=value, such as redirect.minBytes=0" };
  try {
    return { path: [first, ...rest], value: parse(text.slice(at + 1), { uniqueKeys: true, logLevel: "error" }) };
  } catch {
    return { expected: "a value that YAML can read behind the =" };
  }
}

/** The tree with every setting in its place, the last one of a path counts. What cannot be placed becomes a fault. */
export function applySettings(tree: Tree, settings: readonly Setting[], faults: Fault[]): Tree {
  let applied: unknown = tree;
  for (const { path, value } of settings) {
    const name = pathOf(path);
    const isSecret = holdsSecret(path, value);
    const placed = isSecret ? undefined : place(applied, path, value);
    if (placed !== undefined) applied = placed;
    else faults.push({ path: name, message: isSecret ? "a secret is not taken from the command line" : "no such key" });
  }
  return isTree(applied) ? applied : tree;
}

/** A group or a list may hold a secret deeper down. */
function holdsSecret(path: readonly (string | number)[], value: unknown): boolean {
  if (SECRET.test(pathOf(path))) return true;
  if (typeof value !== "object" || value === null || path.length > DEEPEST) return false;
  return Object.entries(value).some(([step, inner]) => holdsSecret([...path, step], inner));
}

/** Undefined when `path` leads through a plain value or beyond the end of a list. */
function place(into: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (into === undefined && typeof step === "number") return place([], path, value);
  if (Array.isArray(into) && typeof step === "number" && step <= into.length) {
    const inner = place(into[step], rest, value);
    return inner === undefined ? undefined : [...into.slice(0, step), inner, ...into.slice(step + 1)];
  }
  if (into !== undefined && !isTree(into)) return undefined;
  const inner = place(into && Object.hasOwn(into, step) ? into[step] : undefined, rest, value);
  return inner === undefined ? undefined : { ...into, [step]: inner };
}
