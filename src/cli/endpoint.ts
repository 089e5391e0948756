/** Which gateway a command speaks to, and with which key: from options, environment and profiles; never a secret. */
import { resolve } from "node:path";
import { type Api, openApi } from "./api-client.ts";
import { type Profile, readProfile } from "./profile.ts";
import type { Terminal } from "./terminal.ts";

export interface EndpointOptions {
  readonly endpoint?: string;
  readonly profile?: string;
  readonly ca?: string;
}

const DEFAULT_REGION = "us-east-1";

/**
 * A named profile goes before the environment, the environment before the profile of AWS_PROFILE, as with the AWS
 * tools. Undefined: nothing names an endpoint. Throws when there is one and no whole key.
 */
export async function findApi(options: EndpointOptions, terminal: Terminal): Promise<Api | undefined> {
  const { env, directory } = terminal;
  const named = options.profile === undefined ? undefined : await namedProfile(options.profile, env);
  const other = named === undefined ? await readProfile(env["AWS_PROFILE"] ?? "default", env) : undefined;
  const endpoint =
    options.endpoint ??
    named?.endpoint ??
    env["NEARBUCKET_ENDPOINT"] ??
    env["AWS_ENDPOINT_URL_S3"] ??
    env["AWS_ENDPOINT_URL"] ??
    other?.endpoint;
  if (endpoint === undefined) return undefined;
  const caFile = options.ca ?? named?.caFile ?? env["AWS_CA_BUNDLE"] ?? other?.caFile;
  return openApi({
    endpoint,
    key: keyOf(named, env, other),
    region: regionOf(named, env, other),
    caFile: caFile === undefined ? undefined : resolve(directory, caFile),
  });
}

async function namedProfile(name: string, env: Terminal["env"]): Promise<Profile> {
  const found = await readProfile(name, env);
  if (found === undefined) throw new Error(`there is no profile ${name} in the AWS credentials and config files`);
  return found;
}

function regionOf(named: Profile | undefined, env: Terminal["env"], other: Profile | undefined): string {
  return named?.region ?? env["AWS_REGION"] ?? env["AWS_DEFAULT_REGION"] ?? other?.region ?? DEFAULT_REGION;
}

function keyOf(named: Profile | undefined, env: Terminal["env"], other: Profile | undefined) {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = env;
  const ofEnvironment = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  const { accessKeyId, secretAccessKey } =
    named ?? (AWS_ACCESS_KEY_ID || AWS_SECRET_ACCESS_KEY ? ofEnvironment : (other ?? ofEnvironment));
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  throw new Error(
    "an access key is needed: --profile NAME of the AWS credentials file, or AWS_ACCESS_KEY_ID and " +
      "AWS_SECRET_ACCESS_KEY",
  );
}
