/**
 * Redirect targets: GET URLs signed by hand, a few microseconds each, with all that the reply must carry inside the
 * signature.
 */
import { EMBEDDED_HEADERS_PARAMETER, encodeEmbeddedHeaders } from "../../embedded-headers.ts";
import { ALGORITHM, amzDate, encodeComponent, scopeOf, sign, UNSIGNED_PAYLOAD } from "../../signature-v4.ts";
import type { SignedUrlOptions } from "../backend.ts";
import type { S3Address } from "./address.ts";

export interface UrlSignerOptions {
  /** Of the public endpoint. */
  readonly address: S3Address;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly signingRegion: string;
  readonly honoursEmbeddedHeaders: boolean;
}

/** A longer URL is not given out: clients and stores bear 8 KiB, which a Location header shares with its neighbours. */
const URL_LIMIT = 6 * 1024;

export class UrlSigner {
  readonly #options: UrlSignerOptions;
  #second = Number.NaN;
  #timestamp = "";
  #scope = "";
  #credential = "";

  constructor(options: UrlSignerOptions) {
    this.#options = options;
  }

  /**
   * `path`: by `pathOf`. Undefined when the URL would be longer than 6 KiB or cannot carry a reply header.
   */
  sign(path: string, { now, expiresSeconds, responseOverrides, replyHeaders }: SignedUrlOptions): string | undefined {
    const { address, secretAccessKey, honoursEmbeddedHeaders } = this.#options;
    this.#tick(now);
    // Already in canonical order: "X-Amz" sorts before "response-", that before "x-nearbucket-reply".
    let query =
      `X-Amz-Algorithm=${ALGORITHM}&X-Amz-Content-Sha256=${UNSIGNED_PAYLOAD}&X-Amz-Credential=${this.#credential}` +
      `&X-Amz-Date=${this.#timestamp}&X-Amz-Expires=${expiresSeconds}&X-Amz-SignedHeaders=host` +
      overrides(responseOverrides);
    if (honoursEmbeddedHeaders && !isEmpty(replyHeaders)) {
      const embedded = encodeEmbeddedHeaders(replyHeaders);
      if (embedded === undefined) return undefined;
      query += `&${EMBEDDED_HEADERS_PARAMETER}=${embedded}`;
    }
    if (address.origin.length + path.length + query.length > URL_LIMIT - 100) return undefined;
    const signature = sign(secretAccessKey, this.#timestamp, this.#scope, {
      method: "GET",
      path,
      query,
      headers: [["host", address.host]],
      payload: UNSIGNED_PAYLOAD,
    });
    return `${address.origin}${path}?${query}&X-Amz-Signature=${signature}`;
  }

  #tick(now: Date): void {
    const second = Math.floor(now.getTime() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#timestamp = amzDate(now);
    this.#scope = scopeOf(this.#timestamp, this.#options.signingRegion);
    this.#credential = encodeComponent(`${this.#options.accessKeyId}/${this.#scope}`);
  }
}

function overrides(given: Readonly<Record<string, string>>): string {
  let query = "";
  for (const name of Object.keys(given).sort()) query += `&${name}=${encodeComponent(given[name] ?? "")}`;
  return query;
}

function isEmpty(headers: Readonly<Record<string, string>>): boolean {
  for (const _name in headers) return false;
  return true;
}
