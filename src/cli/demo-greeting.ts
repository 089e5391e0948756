/**
 * What the demo prints: where it listens, its root key, and three commands that work as printed from any directory.
 */
import type { KeyPair } from "../random-key.ts";
import { credentialsFile, curlConfigFile, type DemoStore, type StoreKind } from "./demo-config.ts";
import { shellWord } from "./terminal.ts";

export interface GreetingOptions {
  readonly url: string;
  /** Signs in once. */
  readonly console: string;
  readonly directory: string;
  readonly rootKey: KeyPair;
  readonly kind: StoreKind;
  readonly stores: readonly DemoStore[];
  /** The command line that starts this program. */
  readonly program: readonly string[];
}

/** The demo makes this bucket, and its commands use it. */
export const DEMO_BUCKET = "demo";

export function demoGreeting(options: GreetingOptions): string {
  const { url, console, directory, rootKey, stores } = options;
  const places = stores.map(({ region, port }) => `${region.name} (http://localhost:${port})`);
  const noun = options.kind === "nodes" ? "nodes" : "MinIO servers";
  return `
nearbucket listens on ${url}
over ${stores.length} ${noun}: ${places.join(", ")}

  access key  ${rootKey.accessKeyId}
  secret key  ${rootKey.secretAccessKey}
  both in     ${credentialsFile(directory)}

Its console, signed in, once and within 15 minutes:
  ${console}

Store 8 MiB, read them back from the closest copy, and see what is stored:

${demoCommands(options).join("\n\n")}
`;
}

/** Commands for aws-cli, curl and stats: repeatable, and without the secret, which is only in files. */
function demoCommands({ url, directory, program }: GreetingOptions): readonly [string, string, string] {
  const object = `${DEMO_BUCKET}/eight-mib.bin`;
  const file = `AWS_SHARED_CREDENTIALS_FILE=${shellWord(credentialsFile(directory))}`;
  const credentials = `${file} AWS_PROFILE=default AWS_DEFAULT_REGION=us-east-1`;
  // curl before 8 does not send x-amz-content-sha256 by itself.
  const headers = "-H 'x-nearbucket-redirect: always' -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'";
  const curl = `curl -sS -L -D - -o /dev/null ${headers}`;
  return [
    `head -c 8388608 /dev/urandom | ${credentials} aws --endpoint-url ${url} s3 cp - s3://${object}`,
    `${curl} --aws-sigv4 aws:amz:us-east-1:s3 --config ${shellWord(curlConfigFile(directory))} ${url}/${object}`,
    `${program.map(shellWord).join(" ")} stats --json --data ${shellWord(directory)}`,
  ];
}
