/**
 * Objects as objects of another S3 service, with their attributes and their ETags: what came in parts is sent in the
 * same parts. Nothing stands under a key before all of its bytes were found right.
 */
import {
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type S3ServiceOptions, withHeaders } from "../backends/s3/client.ts";
import { bareEtag } from "../backends/s3/faults.ts";
import type { FoundObject } from "../model.ts";
import { haveSameTags, headersOf, saysTheSame } from "./s3-attributes.ts";
import { copyWithin } from "./s3-copy.ts";
import { type Part, partsOf, uploadInParts } from "./s3-parts.ts";
import { codeOf, type Sending, statusOf } from "./s3-service.ts";
import { sendBytes } from "./sent-bytes.ts";
import type { Source } from "./source.ts";
import type { BucketTarget, Target } from "./target.ts";

export interface BucketOptions {
  readonly client: S3Client;
  readonly service: S3ServiceOptions;
  readonly bucket: string;
  /** Keys begin with the name of the bucket that they come from. */
  readonly isNested: boolean;
  readonly signal: AbortSignal;
}

export function bucketTarget({ client, service, bucket, isNested, signal }: BucketOptions): Target {
  const refusedClasses = new Set<string>();
  const refusedSources = new Set<string>();

  /** Once more without its storage class, where the service does not have that. */
  async function sending<Answer>(key: string, { object }: FoundObject, send: (sending: Sending) => Promise<Answer>) {
    const common = { client, where: { Bucket: bucket, Key: key }, signal };
    const { headers, storageClass } = headersOf(object);
    const wanted = object.attributes.storageClass;
    if (wanted === undefined || refusedClasses.has(wanted)) return send({ ...common, headers });
    try {
      return await send({ ...common, headers: { ...headers, ...storageClass } });
    } catch (error) {
      if (codeOf(error) !== "InvalidStorageClass") throw error;
      refusedClasses.add(wanted);
      return send({ ...common, headers });
    }
  }

  return {
    remarks: () =>
      [...refusedClasses].map((name) => `the service has no storage class ${name}: objects stand in its own`),
    async open({ name }): Promise<BucketTarget> {
      const keyOf = ({ object }: FoundObject) => (isNested ? `${name}/${object.key}` : object.key);
      return {
        has: (found) => isThere(client, { Bucket: bucket, Key: keyOf(found) }, found, signal),
        async copy(found, from) {
          if (refusedSources.has(from.name)) return false;
          const outcome = await sending(keyOf(found), found, (to) => copyWithin(to, service, found, from));
          if (outcome === "refused") refusedSources.add(from.name);
          return outcome === "copied";
        },
        write: (found, open) =>
          sending(keyOf(found), found, async (to) => {
            const parts = partsOf(found);
            await (parts === undefined ? putWhole(to, found, open()) : sendParts(to, found, parts, open()));
          }),
      };
    },
  };
}

async function isThere(
  client: S3Client,
  where: Sending["where"],
  { object }: FoundObject,
  abortSignal: AbortSignal,
): Promise<boolean> {
  const said = await client.send(new HeadObjectCommand(where), { abortSignal }).catch((cause: unknown) => {
    const status = statusOf(cause);
    // 400: a key that it does not take. Why, it says to the write.
    if (status !== 404 && status !== 400) throw new Error(`it cannot be looked at there (${status})`, { cause });
  });
  if (said?.ContentLength !== object.size || bareEtag(said.ETag) !== object.etag) return false;
  if (!saysTheSame(object, said)) return false;
  const { tags } = object.attributes;
  if ((said.TagCount ?? 0) === 0 && tags === undefined) return true;
  const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(where), { abortSignal });
  return haveSameTags(
    tags,
    TagSet.map(({ Key = "", Value = "" }) => ({ key: Key, value: Value })),
  );
}

/** The service checks the bytes too: by the MD5, which the ETag is. */
async function putWhole({ client, where, headers, signal }: Sending, { object }: FoundObject, source: Source) {
  const { size, etag } = object;
  const ContentMD5 = Buffer.from(etag, "hex").toString("base64");
  const { answer } = await sendBytes(source, { size, signal }, (Body, abortSignal) =>
    client.send(withHeaders(new PutObjectCommand({ ...where, Body, ContentLength: size, ContentMD5 }), headers), {
      abortSignal,
    }),
  );
  checkEtag(answer.ETag, etag);
}

async function sendParts(to: Sending, { object }: FoundObject, parts: readonly Part[], source: Source): Promise<void> {
  const { client, signal } = to;
  const etag = await uploadInParts(to, parts, object.etag, async ({ range, size }, place) => {
    const { answer, md5 } = await sendBytes(source, { range, size, signal }, (Body, abortSignal) =>
      client.send(new UploadPartCommand({ ...place, Body, ContentLength: size }), { abortSignal }),
    );
    checkEtag(answer.ETag, md5);
    return md5;
  });
  checkEtag(etag, object.etag);
}

function checkEtag(found: string | undefined, expected: string): void {
  if (bareEtag(found) === expected) return;
  throw new Error(`the service holds it under the ETag ${found ?? "(none)"}, not ${expected}: it cannot be checked`);
}
