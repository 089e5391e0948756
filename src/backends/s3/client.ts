/** AWS's own client of one S3 service, and whom it trusts. */
import { createSecureContext, type SecureContext } from "node:tls";
import { BucketLocationConstraint, type CopyObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { readTlsFiles } from "../../tls-files.ts";
import type { S3BackendOptions } from "./options.ts";

/** How a service is reached, whatever the bucket. */
export type S3ServiceOptions = Pick<
  S3BackendOptions,
  | "endpoint"
  | "accessKeyId"
  | "secretAccessKey"
  | "signingRegion"
  | "forcePathStyle"
  | "caFile"
  | "certificateFile"
  | "keyFile"
>;

export const DEFAULT_SIGNING_REGION = "us-east-1";

const nothing = () => undefined;
/** Without one it writes to the console; all that it would say is in the errors that it throws. */
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export interface ClientLimits {
  readonly maxAttempts: number;
  readonly connectionTimeout: number;
  /** Until the answer begins; undefined: for ever. */
  readonly requestTimeout?: number;
  /** Without a byte either way; undefined: for ever. */
  readonly socketTimeout?: number;
}

export function openS3Client(
  options: S3ServiceOptions,
  { maxAttempts, ...timeouts }: ClientLimits,
  secureContext?: SecureContext,
): S3Client {
  return new S3Client({
    endpoint: options.endpoint,
    region: options.signingRegion ?? DEFAULT_SIGNING_REGION,
    forcePathStyle: options.forcePathStyle ?? true,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts,
    logger: SILENT,
    requestHandler: {
      ...timeouts,
      throwOnRequestTimeout: true,
      ...(secureContext && { httpsAgent: { keepAlive: true, secureContext } }),
    },
  });
}

/** Undefined: node's own. Throws on files that cannot be used. */
export async function readSecureContext(
  options: Pick<S3ServiceOptions, "caFile" | "certificateFile" | "keyFile">,
): Promise<SecureContext | undefined> {
  const { certificateFile: certificate, keyFile: key, caFile: ca } = options;
  if ((certificate ?? ca) === undefined) return undefined;
  return createSecureContext({ ...(await readTlsFiles({ certificate, key, ca })), minVersion: "TLSv1.2" });
}

/**
 * Of a bucket to be made. Undefined for a region that is none of AWS's: other services take the bucket without a word
 * about its place.
 */
export function bucketPlace(region: string) {
  if (region === DEFAULT_SIGNING_REGION) return undefined;
  const LocationConstraint = Object.values(BucketLocationConstraint).find((known) => known === region);
  return LocationConstraint && { CreateBucketConfiguration: { LocationConstraint } };
}

/** A command, or a client: the stacks of all are alike. */
interface Sent {
  readonly middlewareStack: Pick<CopyObjectCommand["middlewareStack"], "add">;
}

/** A function is asked for each request. */
type GivenHeaders = Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);

/** Has these headers signed and sent as they are: of its own ones the client knows only their usual forms. */
export function withHeaders<Sender extends Sent>(sender: Sender, headers: GivenHeaders): Sender {
  sender.middlewareStack.add(
    (next) => async (args) => {
      if (hasHeaders(args.request))
        Object.assign(args.request.headers, typeof headers === "function" ? headers() : headers);
      return next(args);
    },
    { step: "build", name: "givenHeaders" },
  );
  return sender;
}

export function hasHeaders(request: unknown): request is { readonly headers: Record<string, string> } {
  return typeof request === "object" && request !== null && "headers" in request;
}
