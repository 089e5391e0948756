/** A client of the service that objects are exported to, which sends and takes attributes as headers. */
import { CreateBucketCommand, HeadBucketCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import {
  bucketPlace,
  hasHeaders,
  openS3Client,
  readSecureContext,
  type S3ServiceOptions,
} from "../backends/s3/client.ts";

/** A service copies 5 GiB before it answers. */
const PATIENCE_MS = 600_000;
const NOT_ASCII = /[^\0-\x7f]/;

export async function openService(service: S3ServiceOptions): Promise<S3Client> {
  const limits = { maxAttempts: 3, connectionTimeout: 5000, socketTimeout: PATIENCE_MS };
  const client = openS3Client(service, limits, await readSecureContext(service));
  // After the signature, which is over the text: node sends a header as latin1, and its bytes are UTF-8.
  client.middlewareStack.add(
    (next) => async (args) => {
      const { request } = args;
      if (hasHeaders(request))
        for (const [name, value] of Object.entries(request.headers))
          if (NOT_ASCII.test(value)) request.headers[name] = Buffer.from(value).toString("latin1");
      return next(args);
    },
    { step: "deserialize", name: "headersAsUtf8" },
  );
  return client;
}

/** One object on its way: where to, with which headers. */
export interface Sending {
  readonly client: S3Client;
  readonly where: { readonly Bucket: string; readonly Key: string };
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Throws where the bucket is not there and must not be made. */
export async function ensureBucket(client: S3Client, Bucket: string, mayCreate: boolean): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket }));
  } catch (error) {
    const status = statusOf(error);
    if (status !== 404) throw new Error(`the bucket ${Bucket} cannot be looked at (${status})`, { cause: error });
    if (!mayCreate)
      throw new Error(`there is no bucket ${Bucket} on that service: --create-bucket makes it`, { cause: error });
    await client.send(new CreateBucketCommand({ Bucket, ...bucketPlace(String(await client.config.region())) }));
  }
}

/** S3's own code of the error that it answered with. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}

/** A HEAD has no code in its answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
