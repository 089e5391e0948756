/** An S3 service that is none of the configuration's: where it is and its keys, from a YAML file of its own. */
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Environment, expandReferences } from "./environment.ts";
import { type Fault, pathOf } from "./fault.ts";
import { placeBackend } from "./load.ts";
import { s3Service } from "./s3-service.ts";

const foreignService = z.strictObject(s3Service);

export type ForeignService = z.output<typeof foreignService>;

/** Relative paths in it start at its directory. Throws one Error with every fault. */
export async function readForeignService(file: string, env: Environment): Promise<ForeignService> {
  const faults: Fault[] = [];
  const tree = expandReferences(parse(await readFile(file, "utf8")), env, faults);
  const checked = foreignService.safeParse(placeBackend(tree, dirname(file)));
  for (const { path, message } of checked.error?.issues ?? []) faults.push({ path: pathOf(path), message });
  if (checked.success && faults.length === 0) return checked.data;
  const lines = faults.map(({ path, message }) => `  ${path === "" ? "" : `${path}: `}${message}`);
  throw new Error(`${file} cannot be used:\n${lines.join("\n")}`);
}
