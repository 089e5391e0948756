/**
 * What S3 answers about something that was never set, on a bucket where it cannot be set: its own error, not "not
 * implemented".
 */
import { S3Error, type S3ErrorCode } from "../errors.ts";

export function refuseWith(code: S3ErrorCode, message?: string): () => Promise<never> {
  return async () => {
    throw new S3Error(code, message === undefined ? {} : { message });
  };
}
