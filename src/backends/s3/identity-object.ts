/**
 * The identity object of a bucket, `nearbucket-identity` below the prefix, and the small writes beside it. It is
 * written once, when the backend is registered; whatever shows another one, or none, is another store.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BackendError } from "../backend.ts";
import { checkIdentity, identityText, parseIdentity } from "../identity.ts";
import { parseSpace, SPACE_HEADER, type Space } from "../space.ts";
import { bareEtag, parseErrorDocument } from "./faults.ts";
import type { S3Transport } from "./transport.ts";

const IDENTITY_KEY = "nearbucket-identity";
const PROBE_KEY = "nearbucket-probe";
const PROBE_BYTES = Buffer.from("nearbucket\n");
/** A MinIO that lost its data has lost its users too: nobody can ask it for an identity. */
const UNKNOWN_KEY = "InvalidAccessKeyId";
const AFTER_LOSS = "its key is not known there. A store that was made anew or emptied needs its user and bucket again";
const BECOMES_ONLY_IF_NEW = ["If-None-Match", "*"];

export interface IdentityObjectOptions {
  readonly transport: S3Transport;
  /** Encoded path that a key follows. */
  readonly keyBase: string;
  /** Makes the bucket, where that is allowed. */
  readonly createBucket: (() => Promise<void>) | undefined;
  /** A nearbucket node answers for its names from its own database: whether its disk is there it must be asked. */
  readonly asksReadiness: boolean;
}

type InPlace = true | "unknown" | BackendError;

export class IdentityObject {
  readonly #options: IdentityObjectOptions;
  readonly #transport: S3Transport;
  /** Known since it was established or probed. */
  #expected: string | undefined;
  #space: Space | undefined;
  #asking: Promise<InPlace> | undefined;
  #askingNext: Promise<InPlace> | undefined;

  constructor(options: IdentityObjectOptions) {
    this.#options = options;
    this.#transport = options.transport;
  }

  /** What a node said at the last good probe; undefined: it says nothing. */
  get space(): Space | undefined {
    return this.#space;
  }

  /** Undefined: the bucket holds none. Throws absent when there is no bucket. */
  async read(signal?: AbortSignal): Promise<string | undefined> {
    const response = await this.#transport.ask(
      { method: "GET", path: this.#path(IDENTITY_KEY), query: "", headers: [] },
      signal,
    );
    const text = await this.#transport.readShort(response);
    if (response.statusCode === 200) {
      const identity = parseIdentity(text);
      if (identity === undefined) throw this.#transport.corrupt(`${IDENTITY_KEY} holds no identity`);
      return identity;
    }
    const told = parseErrorDocument(text)?.code;
    const code = response.statusCode === 404 ? told : undefined;
    if (code === "NoSuchKey") return undefined;
    if (code === "NoSuchBucket") throw this.#fault("absent", "the bucket is not there");
    if (told === UNKNOWN_KEY) throw this.#fault("refused", `${UNKNOWN_KEY}: ${AFTER_LOSS}`);
    const failure = this.#transport.errorOf(response.statusCode ?? 0, text, `GET ${IDENTITY_KEY}`);
    // An identity that cannot be read is no other one.
    throw failure.fault === "corrupt" ? this.#fault("unavailable", failure.message) : failure;
  }

  /** As `Backend.establish`. */
  async establish(identity: string): Promise<void> {
    if ((await this.#readOrMakeBucket()) === undefined) await this.#write(identity);
    const found = await this.read();
    if (found !== identity) throw this.#fault("refused", `it has the identity ${found ?? "of nobody"}`);
    this.#expected = identity;
  }

  /** As `Backend.probe`. By its ETag, so that only a surprise costs a second request. */
  async check(identity: string, signal?: AbortSignal): Promise<void> {
    const [response] = await Promise.all([this.#head(signal), this.#checkReady(signal)]);
    const status = response.statusCode ?? 0;
    // Only the answer to a GET says why.
    if (status === 401 || status === 403) await this.read(signal);
    if (status !== 200 && status !== 404) throw this.#transport.errorOf(status, "", `HEAD ${IDENTITY_KEY}`);
    const text = identityText(identity);
    if (status !== 200 || bareEtag(response.headers.etag) !== md5(text))
      checkIdentity(this.#transport.options.backend, identity, await this.read(signal));
    this.#expected = identity;
    this.#space = parseSpace(response.headers[SPACE_HEADER]?.toString());
  }

  /**
   * Before a key counts as missing: "unknown" before the first probe, an error when another store may have said so. A
   * look shows nothing about what comes after its beginning: who asks during one waits for the next, which all share.
   */
  async isInPlace(): Promise<InPlace> {
    if (this.#asking === undefined) return this.#ask();
    this.#askingNext ??= this.#asking.then(() => {
      this.#askingNext = undefined;
      return this.#ask();
    });
    return this.#askingNext;
  }

  /** As `Backend.probeWrite`. */
  async probeWrite(signal: AbortSignal): Promise<void> {
    const response = await this.#put(PROBE_KEY, PROBE_BYTES, [], signal);
    const text = await this.#transport.readShort(response);
    if (response.statusCode !== 200 || parseErrorDocument(text) !== undefined)
      throw this.#transport.errorOf(statusOf(response), text, `PUT ${PROBE_KEY}`);
    if (bareEtag(response.headers.etag) !== md5(PROBE_BYTES))
      throw this.#transport.corrupt("its ETags are not the md5 of the bytes: is encryption by a KMS key on?");
  }

  #ask(): Promise<InPlace> {
    const asking = this.#look().finally(() => {
      if (this.#asking === asking) this.#asking = undefined;
    });
    this.#asking = asking;
    return asking;
  }

  async #look(): Promise<InPlace> {
    if (this.#expected === undefined) return "unknown";
    try {
      await this.check(this.#expected);
      return true;
    } catch (cause) {
      return new BackendError(this.#transport.options.backend, "unavailable", { cause, detail: "not in place" });
    }
  }

  async #readOrMakeBucket(): Promise<string | undefined> {
    const { createBucket } = this.#options;
    try {
      return await this.read();
    } catch (error) {
      if (!(error instanceof BackendError) || error.fault !== "absent" || createBucket === undefined) throw error;
      await createBucket();
      return this.read();
    }
  }

  /** Services that know no conditional PUT get a plain one; the caller reads what stands there afterwards. */
  async #write(identity: string): Promise<void> {
    const bytes = Buffer.from(identityText(identity));
    for (const condition of [BECOMES_ONLY_IF_NEW, []]) {
      const response = await this.#put(IDENTITY_KEY, bytes, condition);
      const text = await this.#transport.readShort(response);
      const status = response.statusCode ?? 0;
      if (status === 501 && condition.length > 0) continue;
      // 409, 412: somebody else was first.
      if (status === 409 || status === 412) return;
      if (status !== 200 || parseErrorDocument(text) !== undefined)
        throw this.#transport.errorOf(statusOf(response), text, `PUT ${IDENTITY_KEY}`);
      return;
    }
  }

  #put(key: string, body: Buffer, headers: readonly string[], signal?: AbortSignal): Promise<IncomingMessage> {
    const all = ["Content-Type", "text/plain", "Content-Length", String(body.length), ...headers];
    return this.#transport.ask({ method: "PUT", path: this.#path(key), query: "", headers: all, body }, signal);
  }

  async #head(signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const path = this.#path(IDENTITY_KEY);
    const response = await this.#transport.ask({ method: "HEAD", path, query: "", headers: [] }, signal);
    response.resume();
    return response;
  }

  async #checkReady(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#options.asksReadiness) return;
    const response = await this.#transport.ask({ method: "GET", path: "/-/ready", query: "", headers: [] }, signal);
    response.resume();
    if (response.statusCode !== 200) throw this.#fault("unavailable", `the node is not ready: ${response.statusCode}`);
  }

  #path(key: string): string {
    return this.#options.keyBase + key;
  }

  #fault(fault: BackendError["fault"], detail: string): BackendError {
    return new BackendError(this.#transport.options.backend, fault, { detail });
  }
}

/** An error inside a 200 counts as the service's own fault. */
function statusOf({ statusCode = 0 }: IncomingMessage): number {
  return statusCode === 200 ? 500 : statusCode;
}

function md5(bytes: string | Buffer): string {
  return createHash("md5").update(bytes).digest("hex");
}
