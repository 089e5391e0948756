/**
 * Profiles of the AWS tools: the files `credentials` and `config` in ~/.aws, or where AWS_SHARED_CREDENTIALS_FILE and
 * AWS_CONFIG_FILE say. Only what names an endpoint and a key is read; nothing is ever written there.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Terminal } from "./terminal.ts";

export interface Profile {
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  readonly region: string | undefined;
  /** For S3 where the profile says so, else for all services. */
  readonly endpoint: string | undefined;
  /** PEM. */
  readonly caFile: string | undefined;
}

/** Values by name; those that are indented below a name stand under `name.inner`. */
type Section = ReadonlyMap<string, string>;

/** Undefined: neither file has it. */
export async function readProfile(name: string, env: Terminal["env"]): Promise<Profile | undefined> {
  const credentials = parseIni(await readAwsFile("credentials", "AWS_SHARED_CREDENTIALS_FILE", env));
  const config = parseIni(await readAwsFile("config", "AWS_CONFIG_FILE", env));
  const keys = credentials.get(name);
  const settings = config.get(name === "default" && !config.has("profile default") ? name : `profile ${name}`);
  if (keys === undefined && settings === undefined) return undefined;
  const told = (key: string) => keys?.get(key) ?? settings?.get(key);
  const services = config.get(`services ${told("services")}`);
  return {
    accessKeyId: told("aws_access_key_id"),
    secretAccessKey: told("aws_secret_access_key"),
    region: told("region"),
    endpoint: services?.get("s3.endpoint_url") ?? told("endpoint_url"),
    caFile: told("ca_bundle"),
  };
}

async function readAwsFile(name: string, variable: string, env: Terminal["env"]): Promise<string> {
  const home = env["HOME"] ?? env["USERPROFILE"];
  const file = env[variable] ?? (home && join(home, ".aws", name));
  if (!file) return "";
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    // A file that is not there says nothing; one that cannot be read may be what was meant.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

const HEADING = /^\[\s*([^\]]*?)\s*\]/;
const ENTRY = /^(\s*)([^=\s][^=]*?)\s*=\s*(.*?)\s*$/;
const COMMENT = /^\s*(?:[#;].*)?$/;

/** The sections by heading, with runs of blanks in it as one. A later value takes the place of an earlier one. */
export function parseIni(text: string): ReadonlyMap<string, Section> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  let outer = "";
  for (const line of text.split(/\r?\n/)) {
    if (COMMENT.test(line)) continue;
    const heading = HEADING.exec(line)?.[1]?.replaceAll(/\s+/g, " ");
    if (heading !== undefined) {
      section = sections.get(heading) ?? new Map<string, string>();
      sections.set(heading, section);
      continue;
    }
    const [, indent = "", name = "", value = ""] = ENTRY.exec(line) ?? [];
    if (name === "") continue;
    if (indent === "") outer = name;
    section.set(indent === "" ? name : `${outer}.${name}`, value.replace(/\s[#;].*$/, ""));
  }
  return sections;
}
