/** The URLs that redirects to a backend lead to, and the trial of what becomes of them. */
import type { SecureContext } from "node:tls";
import type { RedirectAbilities } from "../../registration.ts";
import type { Backend, SignedUrlOptions } from "../backend.ts";
import { addressOf, pathOf, type S3Address } from "./address.ts";
import type { S3BackendOptions } from "./options.ts";
import { UrlSigner } from "./presign.ts";
import { type RedirectTrial, tryRedirects } from "./redirect-trial.ts";
import { S3Sink } from "./sink.ts";
import { S3Transport } from "./transport.ts";

const TRIAL_SECONDS = 60;
const TRIAL_TIMEOUT_MS = 5000;

export class Redirects {
  readonly #options: S3BackendOptions;
  readonly #publicEndpoint: string;
  readonly #secureContext: SecureContext | undefined;
  readonly #address: S3Address;
  readonly #signer: UrlSigner;

  constructor(options: S3BackendOptions, publicEndpoint: string, secureContext: SecureContext | undefined) {
    this.#options = options;
    this.#publicEndpoint = publicEndpoint;
    this.#secureContext = secureContext;
    this.#address = this.#addressAt(publicEndpoint);
    this.#signer = this.#signerAt(this.#address);
  }

  /** As `Backend.signedUrl`. */
  sign(key: string, options: SignedUrlOptions): string | undefined {
    return this.#signer.sign(pathOf(this.#address, this.#options.name, key), options);
  }

  /** As `Backend.tryRedirects`. */
  async try(backend: RedirectTrial["backend"], signal: AbortSignal): Promise<RedirectAbilities> {
    const near = this.#signerAt(this.#addressAt(this.#options.endpoint));
    const signed = (signer: UrlSigner, key: string, responseOverrides: Readonly<Record<string, string>>) =>
      signer.sign(pathOf(this.#address, this.#options.name, key), {
        ...{ now: new Date(), expiresSeconds: TRIAL_SECONDS, responseOverrides, replyHeaders: {} },
      });
    const transport = this.#redirectTransport();
    try {
      return await tryRedirects({
        ...{ backend, signal, publicEndpoint: this.#publicEndpoint, secureContext: this.#secureContext },
        near: (key, overrides) => signed(near, key, overrides),
        far: (key) => signed(this.#signer, key, {}),
        writeByRedirectKey: transport && this.#writerBy(transport),
      });
    } finally {
      transport?.close();
    }
  }

  #addressAt(endpoint: string): S3Address {
    const { bucket, prefix = "", forcePathStyle = true } = this.#options;
    return addressOf(endpoint, bucket, prefix, forcePathStyle);
  }

  #signerAt(address: S3Address): UrlSigner {
    const { honoursEmbeddedHeaders = false } = this.#options;
    return new UrlSigner({ ...signingKey(this.#options), honoursEmbeddedHeaders, address });
  }

  /** Undefined: the key that writes signs redirects too. */
  #redirectTransport(): S3Transport | undefined {
    const { name: backend, endpoint, accessKeyId } = this.#options;
    const key = signingKey(this.#options);
    if (key.accessKeyId === accessKeyId) return undefined;
    return new S3Transport({
      ...{ ...key, backend, address: this.#addressAt(endpoint) },
      ...{
        secureContext: this.#secureContext,
        connectTimeoutMs: TRIAL_TIMEOUT_MS,
        responseTimeoutMs: TRIAL_TIMEOUT_MS,
      },
    });
  }

  #writerBy(transport: S3Transport): Backend["write"] {
    const { address, backend } = transport.options;
    return (key, size) => new S3Sink(transport, { path: pathOf(address, backend, key), query: "" }, size);
  }
}

/** Of the key for redirects, where there is one. */
function signingKey({ accessKeyId, secretAccessKey, signingRegion = "us-east-1", ...options }: S3BackendOptions) {
  const { redirectAccessKeyId, redirectSecretAccessKey } = options;
  return redirectAccessKeyId !== undefined && redirectSecretAccessKey !== undefined
    ? { accessKeyId: redirectAccessKeyId, secretAccessKey: redirectSecretAccessKey, signingRegion }
    : { accessKeyId, secretAccessKey, signingRegion };
}
