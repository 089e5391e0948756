/** What it takes to bring an object here, and its bytes on their way. */
import type { Readable } from "node:stream";
import type { OldObject, OldPlace } from "../backends/old-place.ts";
import type { BlobStore, BodySource } from "../blobs/blob-store.ts";
import type { WriteDefaults } from "../blobs/scope.ts";
import { S3Error } from "../errors.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Bucket } from "../model.ts";
import { type Tap, tapped } from "./tap.ts";

export interface Brought {
  readonly metadata: Pick<Metadata, "objects" | "uploads" | "keyReservations">;
  readonly blobs: BlobStore;
  readonly defaults: WriteDefaults & { readonly multipart: "content" | "layout" };
}

export interface Bringing {
  readonly bucket: Bucket;
  readonly place: OldPlace;
  readonly old: OldObject;
  /** The ETag of what was brought before, which it takes the place of; undefined: of nothing. */
  readonly replaces: string | undefined;
  /** A client that reads along. */
  readonly tap?: Tap | undefined;
  readonly signal: AbortSignal;
}

/** Has `store` take some bytes of the object; the client that reads along gets them too. */
export async function opened<T>(
  { place, old, tap, signal }: Bringing,
  first: number,
  size: number,
  store: (bytes: BodySource) => Promise<T>,
): Promise<T> {
  const range = size === old.size ? undefined : { first, last: first + size - 1 };
  const stream = await place.open(old, range, signal);
  let body: Readable = stream;
  const open = () => {
    body = tapped(stream, tap, first);
    return body;
  };
  try {
    return await store({ size, open, claims: {}, sender: { signal } });
  } catch (error) {
    if (!(error instanceof S3Error) || error.code !== "IncompleteBody") throw error;
    // It is the old service whose line broke, and no client's.
    throw unavailable(error);
  } finally {
    body.destroy();
    stream.destroy();
  }
}

/** The old service's failure, as clients hear it. */
export function unavailable(cause: unknown): S3Error {
  return new S3Error("ServiceUnavailable", {}, { cause });
}
