/** What is not an object: access keys, the settings of a bucket, buckets themselves, and uploads under way. */
import {
  GetBucketAclCommand,
  GetBucketCorsCommand,
  GetBucketTaggingCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  ListPartsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { AccessKeyDocument } from "../../../src/contract/keys.ts";
import type { GatewayProcess } from "../../support/gateway-process.ts";
import { signedFetch } from "../../support/sign.ts";
import { Bucket, grantTexts, unlessAbsent } from "./objects.ts";
import { ABSENT, type State } from "./timeline.ts";

type Key = Pick<AccessKeyDocument, "account" | "disabled" | "scope" | "redirect" | "expiresAt">;

export interface Secret {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export function keyState({ account, disabled, scope, redirect, expiresAt }: Key): State {
  return JSON.stringify([account, disabled, scope, redirect ?? null, expiresAt ?? null]);
}

/** A call of the API with the root key. Undefined: no answer came, or none that says what was done. */
export async function callApi(gateway: GatewayProcess, method: string, path: string, body?: unknown) {
  const answer = await signedFetch({ endpoint: gateway.url, ...gateway })({
    ...{ method, path: `/-/api/v1${path}` },
    ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  }).catch(() => undefined);
  if (answer === undefined || answer.status >= 500) return undefined;
  if (answer.status >= 400) throw new Error(`${method} ${path} was answered with ${answer.status} ${answer.text}`);
  return { document: answer.text === "" ? undefined : JSON.parse(answer.text) };
}

/** Of every key whose secret is known: what the list says of it, where it opens what it should. */
export async function seeKeys(gateway: GatewayProcess, secrets: readonly Secret[]): Promise<Map<string, State>> {
  const listed = new Map<string, Key>();
  let cursor: string | undefined;
  do {
    const page = await callApi(gateway, "GET", `/keys?limit=1000${cursor === undefined ? "" : `&cursor=${cursor}`}`);
    for (const one of page?.document.items ?? []) listed.set(one.accessKeyId, one);
    cursor = page?.document.next;
  } while (cursor !== undefined);
  const seen = new Map<string, State>();
  for (const secret of secrets) {
    const key = listed.get(secret.accessKeyId);
    const { status } = await signedFetch({ endpoint: gateway.url, ...secret })({ path: `/${Bucket}`, query: "acl" });
    const opens = status === 200;
    const isOpen = key !== undefined && !key.disabled;
    const state = key === undefined ? ABSENT : keyState(key);
    seen.set(`key ${secret.accessKeyId}`, opens === isOpen ? state : `${state}, and it is answered with ${status}`);
  }
  return seen;
}

/** What one bucket is told, each by its own call. */
export const SETTINGS = {
  "bucket tags": async (s3: S3Client) =>
    (await s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet?.map(({ Key, Value }) => `${Key}=${Value}`).join(),
  "bucket cors": async (s3: S3Client) =>
    JSON.stringify((await s3.send(new GetBucketCorsCommand({ Bucket }))).CORSRules?.[0]?.AllowedOrigins),
  "bucket access block": async (s3: S3Client) =>
    JSON.stringify((await s3.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration),
  "bucket grants": async (s3: S3Client) =>
    grantTexts((await s3.send(new GetBucketAclCommand({ Bucket }))).Grants).join(),
};

export async function seeBucket(s3: S3Client, name: string): Promise<State> {
  const found = await s3.send(new HeadBucketCommand({ Bucket: name })).catch((error: { readonly name: string }) => {
    if (error.name === "NotFound") return undefined;
    throw error;
  });
  return found === undefined ? ABSENT : "there";
}

export async function seeUpload(s3: S3Client, Key: string, UploadId: string): Promise<State> {
  const found = await unlessAbsent(s3.send(new ListPartsCommand({ Bucket, Key, UploadId })));
  return found === undefined ? ABSENT : partsState(found.Parts ?? []);
}

export function partsState(parts: readonly { readonly ETag?: string | undefined }[]): State {
  return `parts ${parts.map(({ ETag }) => ETag).join()}`;
}
