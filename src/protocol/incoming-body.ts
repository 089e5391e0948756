/**
 * The body of a request: decoded, and verified as far as the wire format allows. A reader may trust it once it has read
 * it to the end.
 */
import type { Readable } from "node:stream";
import type { Digest } from "../model.ts";

export interface IncomingBody {
  /** Decoded length in bytes; undefined when the client named none. */
  readonly length: number | undefined;
  /**
   * The sha256 the client signed; whoever reads the body compares (XAmzContentSHA256Mismatch). Undefined: not signed as
   * a whole.
   */
  readonly sha256: Digest | undefined;
  /** Names of the trailing headers that were announced (`x-amz-trailer`), lower case. */
  readonly announcedTrailers: readonly string[];
  /** The client waits for `100 Continue` before it sends anything. */
  readonly expectsContinue: boolean;
  /**
   * The decoded bytes. `held`: how many of them the reader keeps in memory at most, all unless told; when it first
   * reads, that much is waited for, then the client may send (`100 Continue`). Errors with S3Error: SlowDown when there
   * is no memory, IncompleteBody on a short body, RequestTimeout on one that comes too slowly, SignatureDoesNotMatch on
   * a wrong chunk or trailer signature. Called once.
   */
  open(held?: number): Readable;
  /** The trailing headers, verified; complete only after the stream has ended. */
  trailers(): Readonly<Record<string, string>>;
}
