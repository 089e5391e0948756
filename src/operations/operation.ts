/**
 * The contract of an S3 operation: a Call of plain values in, a Reply out, S3Error thrown; nothing else touched.
 * Before `handle` runs, dispatch has verified the signature, loaded what `on` names and checked access to it, so that
 * no operation can forget to.
 */
import type { Readable } from "node:stream";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Log } from "../log.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type {
  Account,
  AuthenticationKind,
  Bucket,
  Client,
  DedupScope,
  FoundObject,
  HeaderFields,
  KeyScope,
  PublicAccess,
  RedirectMode,
  StoredObject,
} from "../model.ts";
import type { IncomingBody } from "../protocol/incoming-body.ts";
import type { XmlDocument } from "../protocol/xml.ts";
import type { Coming, Takeover } from "../takeover/takeover.ts";

/** Who calls. Anonymous requests have no account. */
interface Caller {
  readonly account: Account | undefined;
  readonly accessKeyId: string | undefined;
  readonly authentication: AuthenticationKind;
  /** The access key's own redirect mode, if it has one. */
  readonly redirect: RedirectMode | undefined;
  /** When the presigned URL expires; undefined: no end is known. */
  readonly until: Date | undefined;
  /** Limits of the access key. */
  readonly scope: KeyScope;
}

export interface ServiceCall {
  readonly requestId: string;
  readonly caller: Caller;
  readonly method: string;
  readonly query: URLSearchParams;
  /** Lower-case names; a name that came twice is joined with ",". Values as latin1 text read as UTF-8. */
  readonly headers: HeaderFields;
  readonly body: IncomingBody;
  /** The host name names the bucket. */
  readonly virtualHost: boolean;
  readonly client: Client;
  /** The connection that the request came on, to know it again. */
  readonly connection: object;
  /**
   * Takes memory from the gateway's budget for bytes on their way to the client, until the reply has been sent.
   * Undefined: taken at once. Rejects with SlowDown when none becomes free in time. `body` takes its own memory.
   */
  readonly hold: (bytes: number) => Promise<void> | undefined;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

export interface NewBucketCall extends ServiceCall {
  readonly bucketName: string;
}
export interface BucketCall extends ServiceCall {
  readonly bucket: Bucket;
}
export interface ObjectCall extends BucketCall {
  readonly key: string;
}
export interface StoredObjectCall extends ObjectCall {
  readonly found: FoundObject;
}
/** As that, of an object that stands in the bucket that this one takes over. */
export interface ComingCall extends ObjectCall {
  readonly found: Coming;
}

/**
 * What an operation gets for each level of `on`; `found` was loaded by one query and exists (NoSuchKey otherwise).
 */
export interface Calls {
  readonly service: ServiceCall;
  readonly newBucket: NewBucketCall;
  readonly bucket: BucketCall;
  readonly object: ObjectCall;
  readonly storedObject: StoredObjectCall;
}

interface ReplyHead {
  /** Default 200; 204 for no content. */
  readonly status?: number;
  readonly headers?: HeaderFields;
  /** For the access line: the rule that decided how an object is read, and the backend; undefined: from memory. */
  readonly served?: { readonly rule: string; readonly backend: string | undefined };
}

export interface ReadyReply extends ReplyHead {
  /** A Readable needs Content-Length among the headers. */
  readonly body?: Readable | Buffer | XmlDocument;
}

/**
 * The document of work that may take minutes. After a few seconds the client is sent 200 and blanks until it is there,
 * and a failure stands inside that 200, as S3 does it.
 */
export interface SlowReply extends ReplyHead {
  readonly body: Promise<XmlDocument>;
}

export type Reply = ReadyReply | SlowReply;

export interface Services {
  readonly metadata: Metadata;
  readonly blobs: BlobStore;
  readonly takeover: Takeover;
  readonly delivery: Delivery;
  readonly now: () => Date;
  readonly region: string;
  /** The gateway's defaults for buckets without their own setting. */
  readonly dedup: { readonly scope: DedupScope; readonly multipart: "content" | "layout" };
  /** Copies of a bucket's objects, unless it says otherwise, and where they can be. */
  readonly placement: {
    readonly copies: number;
    /** Nobody may ask for fewer. */
    readonly fewestCopies: number;
    /** Names of those with a backend. */
    readonly regions: () => readonly string[];
  };
  /** The gateway's setting, which overrides each bucket's own. */
  readonly publicAccess: PublicAccess;
  /**
   * The only access check. Dispatch calls it for the call's own bucket and object; an operation calls it for others,
   * e.g. a copy source. `bucket` undefined: the action has none. `object` undefined: there is none, which only callers
   * that may list the bucket may learn. Throws S3Error AccessDenied.
   */
  readonly checkAccess: (caller: Caller, action: S3Action, bucket: Bucket | undefined, object?: StoredObject) => void;
  /**
   * Is the action on another key than the call's own, e.g. a copy source, within the caller's scope? Dispatch has
   * checked the call's own key.
   */
  readonly inScope: (
    caller: Pick<Caller, "scope">,
    action: S3Action,
    named: { readonly bucket: string; readonly key: string },
  ) => boolean;
  /** Reads headers embedded in a signed URL (`x-nearbucket-reply`): true on nodes only. */
  readonly honoursEmbeddedHeaders: boolean;
  /** How much room a node has, for its gateway; none where nobody can tell. */
  readonly spaceHeaders: () => HeaderFields;
}

export type S3Action = `s3:${string}`;

export interface Operation<On extends keyof Calls = keyof Calls> {
  readonly on: On;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Must be present, or have this value. */
  readonly query?: Readonly<Record<string, true | string>>;
  /** Must be present. */
  readonly header?: string;
  readonly action: S3Action;
  handle(call: Calls[On], services: Services): Promise<Reply>;
  /** Answers where the object has not come here yet. Without it, the object comes first. Only on a stored object. */
  handleComing?(call: ComingCall, services: Services): Promise<Reply>;
}

export type AnyOperation = { [On in keyof Calls]: Operation<On> }[keyof Calls];

/** Gives a literal its type: `export const PutObject = operation({ on: "object", ... })`. */
export function operation<const On extends keyof Calls>(definition: Operation<On>): Operation<On> {
  return definition;
}
