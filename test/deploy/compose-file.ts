/** The compose files as compose's own parser reads them, and the secrets that they need. */
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { ROOT } from "../docs/examples.ts";
import { neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

export interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly ports?: readonly { readonly host_ip: string; readonly published: string }[];
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly image?: string;
  readonly networks?: Readonly<Record<string, { readonly ipv4_address?: string } | null>>;
}

type Values = Readonly<Record<string, string>>;

/** What `make-secrets.sh` writes, which it does only once. */
export async function makeSecrets(): Promise<Values> {
  const file = join(await temporaryDirectory(), "scale.env");
  const script = join(ROOT, "compose/make-secrets.sh");
  await run(script, [file]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const made = await readFile(file, "utf8");
  await expect(run(script, [file])).rejects.toThrow("there already");
  expect(await readFile(file, "utf8")).toBe(made);
  return Object.fromEntries(made.split("\n").flatMap((line) => (line === "" ? [] : [line.split("=")])));
}

/** Rejects with compose's own words when the file is not valid with these variables. Needs `compose-check`. */
export async function loadCompose(file: string, env: Values): Promise<Readonly<Record<string, Service>>> {
  const text = (await run(neededProgram("compose-check"), [join(ROOT, file)], { env })).toString();
  return (JSON.parse(text) as { readonly services: Readonly<Record<string, Service>> }).services;
}
