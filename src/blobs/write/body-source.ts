/** Bytes on their way into the blob store, and what became of them. */
import type { Readable } from "node:stream";
import type { Claims } from "../../checksums/claims.ts";

export interface BodySource {
  readonly size: number;
  /**
   * Called once, when the first byte is needed. `held`: how many bytes the write keeps in memory at most; the stream
   * may wait for them, and fail when there are none. It stays the caller's: when the write is refused it is left
   * paused, neither drained nor destroyed.
   */
  readonly open: (held: number) => Readable;
  readonly claims: Claims;
  /** Its signal is asked for only when the bytes are. */
  readonly sender: { readonly signal: AbortSignal };
}

export interface Ingested<C> {
  readonly content: C;
  readonly md5: string;
  /** base64 of the additional checksum, when one was claimed or asked for. */
  readonly checksum: string | undefined;
}
