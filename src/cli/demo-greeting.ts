/** What the demo prints: where it listens, its root key, and commands that work as printed where it was started. */
import { isAbsolute, relative } from "node:path";
import type { KeyPair } from "../random-key.ts";
import { credentialsFile, curlConfigFile, type DemoStore, environmentFile, type StoreKind } from "./demo-config.ts";
import { shellWord, type Terminal } from "./terminal.ts";

export interface GreetingOptions {
  readonly url: string;
  /** Signs in once; undefined: there is no console. */
  readonly console: string | undefined;
  readonly directory: string;
  readonly rootKey: KeyPair;
  readonly kind: StoreKind;
  readonly stores: readonly DemoStore[];
  readonly terminal: Pick<Terminal, "directory" | "program">;
}

/** The demo makes this bucket, and its commands use it. */
export const DEMO_BUCKET = "demo";

export function demoGreeting(options: GreetingOptions): string {
  const { url, console, rootKey, stores, terminal } = options;
  const directory = fromHere(terminal.directory, options.directory);
  const noun = options.kind === "nodes" ? "nodes" : "MinIO servers";
  const signIn = console === undefined ? "" : `Its console, signed in, once and within 15 minutes:\n  ${console}\n\n`;
  return `
nearbucket listens on ${url}
over ${stores.length} ${noun}: ${stores.map(({ region }) => region.name).join(", ")}

  access key  ${rootKey.accessKeyId}
  secret key  ${rootKey.secretAccessKey}
  both in     ${credentialsFile(directory)}

${signIn}In another shell, store 8 MiB, read them from the closest copy, and see what is stored:

${demoCommands(directory, options).join("\n")}
`;
}

/** Repeatable, and without the secret, which is only in files. */
function demoCommands(directory: string, { url, terminal }: GreetingOptions): readonly string[] {
  const object = `${DEMO_BUCKET}/eight-mib.bin`;
  return [
    `. ${shellWord(environmentFile(directory))}`,
    `head -c 8388608 /dev/urandom | aws s3 cp - s3://${object}`,
    `curl -K ${shellWord(curlConfigFile(directory))} -o /dev/null ${url}/${object}`,
    `${terminal.program.map(shellWord).join(" ")} stats`,
  ];
}

/** A path below where the command was started, as one writes it there; others stay whole. */
function fromHere(here: string, path: string): string {
  const below = relative(here, path);
  return below === "" || below.startsWith("..") || isAbsolute(below) ? path : below;
}
