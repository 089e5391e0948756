/**
 * Buckets that take over another while clients use them already: what is not here yet is found there, read there, and
 * comes here as soon as it is asked for.
 */
import type { Readable } from "node:stream";
import { adoptedKey } from "../backends/adopted-key.ts";
import { BackendError } from "../backends/backend.ts";
import type { OldObject, OldPage, OldPlace } from "../backends/old-place.ts";
import { S3Error } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { Listing, ListPage } from "../metadata/objects.ts";
import type { Bucket, ByteRange, FoundObject, HeaderFields, OldBucket, StoredObject } from "../model.ts";
import { type AdoptingBackend, readyToAdopt } from "./adopt.ts";
import { askedBy } from "./asker.ts";
import { bring } from "./bring.ts";
import { type Brought, unavailable } from "./bringing.ts";
import { mergedPage } from "./merged-listing.ts";
import { Tap } from "./tap.ts";

/** An object that stands in the old bucket alone. */
export interface Coming {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  readonly old: OldObject;
}

export interface Takeover {
  /**
   * What the old bucket has under a key that this one lacks. A backend's own object is adopted at once, where it can
   * be. Undefined: nothing, or it was deleted here. Throws as `read`; AccessDenied and InvalidObjectState for what is
   * there and cannot be read.
   */
  find(bucket: Bucket, key: string): Promise<FoundObject | Coming | undefined>;
  /**
   * Its bytes. One that is read whole comes here by that. Throws ServiceUnavailable when the old service does not
   * answer; SlowDown when the object was overwritten or deleted there meanwhile.
   */
  read(coming: Coming, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable>;
  /** As `find`, and brings what it finds. */
  fetch(bucket: Bucket, key: string): Promise<FoundObject | undefined>;
  /** A page of what this bucket and the old one have together. */
  list(bucket: Bucket, page: ListPage): Promise<Listing>;
  /** Does what a request asks for. Throws InvalidBucketState where a request to an old service has come back here. */
  askedBy<T>(headers: HeaderFields, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface OldPlaces {
  /** Throws an Error when the configuration names no such service. */
  open(old: OldBucket): Promise<OldPlace>;
  /** The backend itself, where it adopts. */
  adopting(old: OldBucket): Promise<AdoptingBackend>;
}

export interface TakeoverOptions extends Brought {
  readonly metadata: Pick<Metadata, "objects" | "uploads" | "keyReservations" | "takeovers" | "adoptions" | "backends">;
  readonly places: OldPlaces;
  readonly log: Log;
}

/** Objects that come because a client reads them; and as many fetched for other requests, which no reader delays. */
const AT_ONCE = 8;

export function openTakeover(options: TakeoverOptions): Takeover {
  return new OpenTakeover(options);
}

class OpenTakeover implements Takeover {
  readonly #options: TakeoverOptions;
  /** Those under way, by bucket and key. */
  readonly #coming = new Map<string, Promise<boolean>>();
  readonly #fetched = new Set<Promise<boolean>>();
  /** The clients that read along. */
  readonly #taps = new Map<string, Tap>();
  readonly #closing = new AbortController();

  constructor(options: TakeoverOptions) {
    this.#options = options;
  }

  async find(bucket: Bucket, key: string): Promise<FoundObject | Coming | undefined> {
    const { takesOver } = bucket.settings;
    if (takesOver === undefined) return undefined;
    const { takeovers } = this.#options.metadata;
    // Deleted here, or it came while the caller looked.
    const standing = await takeovers.standing(bucket.id, key);
    if (standing === "deleted") return undefined;
    if (standing !== undefined) return this.#here(bucket, key);
    return this.#asking(async () => {
      const old = await (await this.#placeOf(bucket)).find(key);
      if (old === undefined) return undefined;
      if (old === "archived") throw new S3Error("InvalidObjectState");
      if (typeof old === "string") throw new S3Error("AccessDenied");
      if (takesOver.inPlace && (await this.#adopt(bucket, takesOver, old))) return this.#here(bucket, key);
      return { bucket, old, object: { ...old, versionId: "null", checksum: undefined, parts: undefined } };
    });
  }

  async read(coming: Coming, range: ByteRange | undefined, signal: AbortSignal): Promise<Readable> {
    const { bucket, old } = coming;
    const isBrought = range === undefined && !bucket.settings.takesOver?.inPlace && old.size > 0;
    const isFree = this.#coming.size - this.#fetched.size < AT_ONCE && !this.#coming.has(idOf(bucket, old.key));
    const tap = isBrought && isFree ? await this.#readAlong(coming) : undefined;
    return tap ?? this.#asking(async () => (await this.#placeOf(bucket)).open(old, range, signal));
  }

  async fetch(bucket: Bucket, key: string): Promise<FoundObject | undefined> {
    const found = await this.find(bucket, key);
    if (found === undefined || "blob" in found) return found;
    await this.#asking(() => this.#bring(found));
    return this.#here(bucket, key);
  }

  async list(bucket: Bucket, page: ListPage): Promise<Listing> {
    const here = (part: ListPage) => this.#options.metadata.objects.list(bucket.id, part);
    if (bucket.settings.takesOver === undefined) return here(page);
    return this.#asking(async () => {
      const place = await this.#placeOf(bucket);
      const there = (part: OldPage) => place.list(part);
      return mergedPage(page, { here, there, deleted: (keys) => this.#deleted(bucket, keys) });
    });
  }

  /** What was adopted, and deleted before this takeover began, still stands there until its grace is over. */
  async #deleted({ id, settings: { takesOver } }: Bucket, keys: readonly string[]): Promise<ReadonlySet<string>> {
    const { takeovers, adoptions } = this.#options.metadata;
    const deleted = await takeovers.deleted(id, keys);
    if (takesOver?.inPlace !== true) return deleted;
    const named = keys.map((key) => [adoptedKey(takesOver.service, key), key] as const);
    const adoptable = named.flatMap(([name, key]) => (name === undefined ? [] : [[name, key] as const]));
    return new Set([...deleted, ...(await adoptions.gone(id, new Map(adoptable)))]);
  }

  askedBy<T>(headers: HeaderFields, work: () => Promise<T>): Promise<T> {
    return askedBy(headers, this.#options.metadata, work);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("closing"));
    await Promise.allSettled(this.#coming.values());
  }

  async #placeOf({ settings: { takesOver } }: Bucket): Promise<OldPlace> {
    if (takesOver === undefined) throw new Error("a bucket that takes nothing over");
    return opening(() => this.#options.places.open(takesOver));
  }

  async #here(bucket: Bucket, key: string): Promise<FoundObject | undefined> {
    return (await this.#options.metadata.objects.find(bucket.name, key)).found;
  }

  /** False: it cannot be adopted. */
  async #adopt(bucket: Bucket, takesOver: OldBucket, old: OldObject): Promise<boolean> {
    const { metadata, places, defaults } = this.#options;
    const backend = await opening(() => places.adopting(takesOver));
    const object = await readyToAdopt(metadata, backend, { bucket, defaults }, old);
    if (typeof object !== "string") await metadata.adoptions.adopt([object]);
    return typeof object !== "string" || object === "known" || object === "exists";
  }

  /** One at a time for each key: who comes second waits for the first. */
  async #bring(coming: Coming, tap?: Tap): Promise<boolean> {
    const { bucket, old } = coming;
    const id = idOf(bucket, old.key);
    while (tap === undefined && this.#fetched.size >= AT_ONCE && !this.#coming.has(id))
      await Promise.race([...this.#fetched].map((other) => other.catch(() => false)));
    const running = this.#coming.get(id);
    if (running !== undefined) {
      if (tap === undefined) this.#taps.get(id)?.letGo();
      return running;
    }
    const { signal } = this.#closing;
    const bringing: Promise<boolean> = this.#placeOf(bucket)
      .then((place) => bring(this.#options, { bucket, place, old, replaces: undefined, tap, signal }))
      .finally(() => {
        this.#coming.delete(id);
        this.#taps.delete(id);
        this.#fetched.delete(bringing);
      });
    this.#coming.set(id, bringing);
    if (tap === undefined) this.#fetched.add(bringing);
    else this.#taps.set(id, tap);
    return bringing;
  }

  /**
   * The client reads along. It gets its bytes also where they cannot be kept, and they are kept when it leaves.
   * Undefined: they did not begin to come.
   */
  async #readAlong(coming: Coming): Promise<Readable | undefined> {
    const { bucket, old } = coming;
    const tap = new Tap(old.size);
    const brought = this.#bring(coming, tap).catch((error: unknown) => {
      const about = { err: error, bucket: bucket.name, key: old.key };
      if (!this.#closing.signal.aborted) this.#options.log.warn(about, "an object that was read did not come");
    });
    await Promise.race([tap.begun, brought]);
    if (tap.given === 0) return undefined;
    void brought.then(() => this.#rest(coming, tap)).catch((error: Error) => tap.body.destroy(error));
    return tap.body;
  }

  async #rest({ bucket, old }: Coming, tap: Tap): Promise<void> {
    if (tap.given < old.size && !tap.body.destroyed) {
      const place = await this.#placeOf(bucket);
      const range = { first: tap.given, last: old.size - 1 };
      const signal = AbortSignal.any([this.#closing.signal]);
      for await (const chunk of await place.open(old, range, signal)) await tap.give(chunk);
    }
  }

  /** The old service's failures, as clients hear them. */
  async #asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw heard(error);
    }
  }
}

/** A configuration that has forgotten the service makes nothing missing. */
async function opening<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    throw unavailable(error);
  }
}

/** What was found a moment ago is another object now, or the takeover is over: the next try meets that. */
function heard(error: unknown): unknown {
  const isAbsent = error instanceof BackendError && error.fault === "absent";
  const isOver = error instanceof S3Error && error.code === "InvalidBucketState";
  if (isAbsent || isOver) return new S3Error("SlowDown", {}, { cause: error });
  return error instanceof BackendError ? unavailable(error) : error;
}

function idOf({ id }: Bucket, key: string): string {
  return `${id}/${key}`;
}
