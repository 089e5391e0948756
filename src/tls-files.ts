/** PEM files of one side of TLS, read and checked together: what does not fit together is never used. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Paths. A certificate, with those of the CAs in between behind it, needs its key. */
export interface TlsFiles {
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Whom to trust: these CAs and no others. */
  readonly ca?: string | undefined;
}

/** As node's TLS takes them. */
export interface TlsMaterial {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** Rejects with an Error that names the file: it cannot be read, is no PEM, or the key is not the certificate's. */
export async function readTlsFiles({ certificate, key, ca }: TlsFiles): Promise<TlsMaterial> {
  const own = certificate === undefined ? undefined : await readPem(certificate, (pem) => new X509Certificate(pem));
  const secret = key === undefined ? undefined : await readPem(key, createPrivateKey);
  if (own && secret && !own.parsed.checkPrivateKey(secret.parsed))
    throw new Error(`${key} is not the key of the certificate ${certificate}`);
  // Node takes a CA that it cannot parse for none at all.
  const trusted = ca === undefined ? undefined : await readPem(ca, (pem) => new X509Certificate(pem));
  return {
    ...(own && { cert: own.pem }),
    ...(secret && { key: secret.pem }),
    ...(trusted && { ca: trusted.pem }),
  };
}

async function readPem<T>(
  file: string,
  parse: (pem: string) => T,
): Promise<{ readonly pem: string; readonly parsed: T }> {
  try {
    const pem = await readFile(file, "utf8");
    return { pem, parsed: parse(pem) };
  } catch (cause) {
    throw new Error(`cannot use ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
