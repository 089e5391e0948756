/**
 * One object of an old bucket becomes an object here: the same bytes, attributes and Last-Modified, and the same ETag
 * where that is made of the bytes. What a client writes or deletes here meanwhile stays. Nothing is left behind when it
 * fails.
 */
import type { Readable } from "node:stream";
import type { OldObject, OldPlace } from "../backends/old-place.ts";
import type { BlobStore, BodySource } from "../blobs/blob-store.ts";
import { destinationOf, type WriteDefaults } from "../blobs/scope.ts";
import { S3Error } from "../errors.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Content } from "../metadata/stored-content.ts";
import type { Bucket } from "../model.ts";
import { bringInParts } from "./bring-in-parts.ts";
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

/** A backend takes no more in one piece. */
const MAX_PUT = 5 * 1024 ** 3;
const MD5 = /^[0-9a-f]{32}$/;

/**
 * False: a client wrote or deleted the key here meanwhile. Throws BackendError of the old place ("absent": overwritten
 * or deleted there meanwhile), and S3Error as a PUT does.
 */
export async function bring(to: Brought, asked: Bringing): Promise<boolean> {
  // Many hang on the one that was given: each has its own listeners.
  const bringing = { ...asked, signal: AbortSignal.any([asked.signal]) };
  const { old, place } = bringing;
  const partSizes = old.etag.includes("-") || old.size > MAX_PUT ? await place.partSizes(old) : undefined;
  try {
    if (partSizes !== undefined || old.size > MAX_PUT) await bringInParts(to, bringing, partSizes);
    else await bringInOne(to, bringing);
    return true;
  } catch (error) {
    if (error instanceof S3Error && error.code === "PreconditionFailed") return false;
    throw error;
  }
}

async function bringInOne(to: Brought, bringing: Bringing): Promise<void> {
  const { bucket, old, replaces } = bringing;
  const destination = destinationOf(bucket, bucket.owner.id, undefined, to.defaults);
  const store = () => opened(bringing, 0, old.size, (bytes) => to.blobs.put(bytes, destination));
  let received = await store();
  if (MD5.test(old.etag) && received.md5 !== old.etag) {
    // Either bytes went wrong on their way, or it is no md5: then they come the same a second time.
    const first = received;
    await to.blobs.discard(first.content);
    received = await store();
    if (received.md5 !== old.etag && received.md5 !== first.md5) {
      await to.blobs.discard(received.content);
      throw new S3Error("ServiceUnavailable", {}, { cause: new Error("the same object was read with other bytes") });
    }
  }
  const { content, md5 } = received;
  const { key, attributes, modifiedAt } = old;
  await named(to, content, () =>
    to.metadata.objects.put({
      ...{ bucketId: bucket.id, key, content, etag: md5, modifiedAt, checksum: undefined, parts: undefined },
      ...{ attributes: { ...attributes, brought: true }, condition: {}, taken: { replaces } },
    }),
  );
}

async function named<T>({ blobs }: Brought, content: Content, name: () => Promise<T>): Promise<T> {
  try {
    return await name();
  } catch (error) {
    await blobs.discard(content);
    throw error;
  }
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
    throw new S3Error("ServiceUnavailable", {}, { cause: error.cause ?? error });
  } finally {
    body.destroy();
    stream.destroy();
  }
}
