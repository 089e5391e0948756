/** Uploads in parts that are cut as the object was, so that its ETag stays. */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
} from "@aws-sdk/client-s3";
import { withHeaders } from "../backends/s3/client.ts";
import { multipartEtag } from "../checksums/multipart-etag.ts";
import type { ByteRange, FoundObject } from "../model.ts";
import type { Sending } from "./s3-service.ts";

export interface Part {
  readonly partNumber: number;
  readonly range: ByteRange;
  readonly size: number;
}

export interface PartPlace {
  readonly Bucket: string;
  readonly Key: string;
  readonly UploadId: string;
  readonly PartNumber: number;
}

/** Undefined: it came whole. */
export function partsOf({ object, blob }: FoundObject): readonly Part[] | undefined {
  const sizes = blob.etag === object.etag ? blob.partSizes : undefined;
  const parts = object.parts ?? sizes?.map((size, index) => ({ partNumber: index + 1, size }));
  let first = 0;
  return parts?.map(({ partNumber, size }) => {
    const range = { first, last: first + size - 1 };
    first += size;
    return { partNumber, range, size };
  });
}

/**
 * `send` gives a part's md5. Nothing becomes visible unless they make up the ETag. Gives the one that the service says.
 */
export async function uploadInParts(
  to: Sending,
  parts: readonly Part[],
  etag: string,
  send: (part: Part, place: PartPlace) => Promise<string>,
): Promise<string | undefined> {
  const { client, where, headers, signal: abortSignal } = to;
  await abortUploads(to);
  const create = withHeaders(new CreateMultipartUploadCommand(where), headers);
  const { UploadId } = await client.send(create, { abortSignal });
  if (!UploadId) throw new Error("the service began an upload without an id");
  try {
    const md5s: string[] = [];
    for (const part of parts) md5s.push(await send(part, { ...where, UploadId, PartNumber: part.partNumber }));
    if (multipartEtag(md5s) !== etag) throw new Error(`its parts make up the ETag ${multipartEtag(md5s)}, not ${etag}`);
    const Parts = parts.map(({ partNumber }, index) => ({ PartNumber: partNumber, ETag: `"${md5s[index]}"` }));
    const complete = new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload: { Parts } });
    return (await client.send(complete, { abortSignal })).ETag;
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand({ ...where, UploadId })).catch((cause: unknown) => {
      // The failure that led here says more; what is left is taken away by the next run.
      if (error instanceof Error) error.cause ??= cause;
    });
    throw error;
  }
}

/** A run that was killed left its own under the key. */
async function abortUploads({ client, where, signal: abortSignal }: Sending): Promise<void> {
  const { Bucket, Key } = where;
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }), { abortSignal });
  for (const upload of Uploads)
    if (upload.Key === Key && upload.UploadId !== undefined)
      await client.send(new AbortMultipartUploadCommand({ ...where, UploadId: upload.UploadId }), { abortSignal });
}
