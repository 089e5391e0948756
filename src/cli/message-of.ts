/** What a command says when it fails. */
import { reasonOf } from "../log.ts";

/** Of a database that is away, clients are told nothing but that: whoever runs a command needs the reason. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name !== "S3Error" || error.cause === undefined) return error.message;
  // A backend's, or an old service's, in commands that store bytes.
  if (error.cause instanceof Error && error.cause.name === "BackendError")
    return reasonOf(error.cause) ?? error.message;
  return `the database cannot be used: ${reasonOf(error.cause)}. nearbucket doctor looks at it`;
}
