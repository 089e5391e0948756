/**
 * What each connection was answered with a redirect: a client that asks for the same bytes again on its connection, a
 * moment later, did not follow, whatever is known of its kind. Bounded: a few reads of each open connection, and
 * nothing once it is closed.
 */
import type { ReadRequest } from "./read-request.ts";

interface Sent {
  readonly atMs: number;
  readonly bucketId: number;
  readonly key: string;
  readonly versionId: string;
  readonly range: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly userAgent: string | undefined;
  readonly clientAddress: string;
}

const WINDOW_MS = 10_000;
const KEPT = 4;
/** Longer headers are not kept: whoever sends them reads on as if nothing were known. */
const LONGEST = 512;

export class SentAway {
  readonly #sent = new WeakMap<object, { readonly list: Sent[]; next: number }>();

  /**
   * Was this read answered with a redirect on this connection within the last ten seconds? The client must be the same
   * by all that is known of it: the connection of a proxy carries the requests of many. `nowMs`: since the epoch.
   */
  has(request: ReadRequest, nowMs: number): boolean {
    const all = request.connection && this.#sent.get(request.connection);
    if (all === undefined) return false;
    for (const sent of all.list) if (nowMs - sent.atMs < WINDOW_MS && isSame(sent, request)) return true;
    return false;
  }

  remember(request: ReadRequest, nowMs: number): void {
    const { connection, headers, object } = request;
    const { range, "user-agent": userAgent } = headers;
    if (connection === undefined || (range?.length ?? 0) > LONGEST || (userAgent?.length ?? 0) > LONGEST) return;
    const sent = {
      atMs: nowMs,
      bucketId: request.bucket.id,
      key: object.key,
      versionId: object.versionId,
      range,
      accessKeyId: request.accessKeyId,
      userAgent,
      clientAddress: request.clientAddress,
    };
    const all = this.#sent.get(connection);
    if (all === undefined) this.#sent.set(connection, { list: [sent], next: 0 });
    else if (all.list.length < KEPT) all.list.push(sent);
    else {
      all.list[all.next] = sent;
      all.next = (all.next + 1) % KEPT;
    }
  }
}

function isSame(sent: Sent, request: ReadRequest): boolean {
  const { bucket, object, headers } = request;
  return (
    sent.key === object.key &&
    sent.range === headers["range"] &&
    sent.bucketId === bucket.id &&
    sent.versionId === object.versionId &&
    sent.accessKeyId === request.accessKeyId &&
    sent.userAgent === headers["user-agent"] &&
    sent.clientAddress === request.clientAddress
  );
}
