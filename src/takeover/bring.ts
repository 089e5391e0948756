/**
 * One object of an old bucket becomes an object here: the same bytes, attributes and Last-Modified, and the same ETag
 * where that is made of the bytes. What a client writes or deletes here meanwhile stays. Nothing is left behind when it
 * fails.
 */
import { destinationOf } from "../blobs/scope.ts";
import { S3Error } from "../errors.ts";
import type { Content } from "../metadata/stored-content.ts";
import { bringInParts } from "./bring-in-parts.ts";
import { type Bringing, type Brought, opened } from "./bringing.ts";

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
  const { key, attributes, modifiedAt, etag } = old;
  await named(to, content, () =>
    to.metadata.objects.put({
      ...{ bucketId: bucket.id, key, content, etag: md5, modifiedAt, checksum: undefined, parts: undefined },
      ...{ attributes: { ...attributes, brought: etag }, condition: {}, taken: { replaces } },
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
