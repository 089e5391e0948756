/** One thing that is wrong with a configuration: where, and what was expected there. */

/** `path` as written in the file: `backends[1].region`; empty for the file as a whole. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** `["backends", 1, "region"]` is `backends[1].region`. */
export function pathOf(steps: readonly PropertyKey[]): string {
  let path = "";
  for (const step of steps)
    path += typeof step === "number" ? `[${step}]` : path === "" ? String(step) : `.${String(step)}`;
  return path;
}
