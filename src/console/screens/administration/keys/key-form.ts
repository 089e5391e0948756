/** What is filled in to make an access key, and the document that asks for it. Pure. */
import type { AccessKeyDocument, NewKeyDocument } from "../../../../contract/keys.ts";

export interface KeyForm {
  readonly account: string;
  readonly isReadOnly: boolean;
  /** One a line: `bucket`, or `bucket/prefix`. */
  readonly places: readonly string[];
  /** One a line: addresses and CIDR blocks. */
  readonly networks: readonly string[];
  /** Days until it ends; 0: it does not. */
  readonly days: number;
}

const DAY_MS = 86_400_000;

export function newKeyOf({ account, isReadOnly, places, networks, days }: KeyForm, now: Date): NewKeyDocument {
  const scope = {
    ...(isReadOnly && { readOnly: true as const }),
    ...(places.length > 0 && { places: places.map(placeOf) }),
    ...(networks.length > 0 && { networks: [...networks] }),
  };
  return {
    ...(account !== "" && { account }),
    ...(Object.keys(scope).length > 0 && { scope }),
    ...(days > 0 && { expiresAt: new Date(now.getTime() + days * DAY_MS).toISOString() }),
  };
}

/** `s3://photos/2026/` and `photos/2026/` are the names in `photos` that begin with `2026/`. */
export function placeOf(text: string): { readonly bucket: string; readonly prefix: string } {
  const path = text.replace(/^s3:\/\//, "");
  const end = path.indexOf("/");
  return end < 0 ? { bucket: path, prefix: "" } : { bucket: path.slice(0, end), prefix: path.slice(end + 1) };
}

/** In a few words: what the key may do. */
export function scopeWords({ readOnly, places, networks }: AccessKeyDocument["scope"]): readonly string[] {
  return [
    readOnly === true ? "Read only" : "Read and write",
    ...(places ?? []).map(({ bucket, prefix }) => `in ${bucket}/${prefix}`),
    ...(networks ?? []).map((network) => `from ${network}`),
  ];
}

/** The state of a key in one word. */
export function keyState({ disabled, expiresAt }: Pick<AccessKeyDocument, "disabled" | "expiresAt">, now: Date) {
  if (disabled) return "disabled";
  return expiresAt !== undefined && new Date(expiresAt) <= now ? "ended" : "in use";
}

/** For `~/.aws/credentials` and `~/.aws/config` in one: the AWS command line and SDKs read it. */
export function awsProfile(of: {
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly endpoint: string;
}): string {
  return [
    `[${of.name}]`,
    `aws_access_key_id = ${of.accessKeyId}`,
    `aws_secret_access_key = ${of.secretAccessKey}`,
    `region = ${of.region}`,
    `endpoint_url = ${of.endpoint}`,
  ].join("\n");
}
