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

/** What the configuration calls each of these files. */
export type TlsNames = Readonly<Record<keyof TlsFiles, string>>;

const OF_A_BACKEND: TlsNames = { certificate: "certificateFile", key: "keyFile", ca: "caFile" };

/**
 * Rejects with an Error that names the key of the configuration and the file: it cannot be read, is no PEM, or the key
 * is not the certificate's.
 */
export async function readTlsFiles(
  { certificate, key, ca }: TlsFiles,
  names: TlsNames = OF_A_BACKEND,
): Promise<TlsMaterial> {
  const own =
    certificate === undefined
      ? undefined
      : await readPem(names.certificate, certificate, (pem) => new X509Certificate(pem));
  const secret = key === undefined ? undefined : await readPem(names.key, key, createPrivateKey);
  if (own && secret && !own.parsed.checkPrivateKey(secret.parsed))
    throw new Error(`${names.key}: ${key} is not the key of the certificate ${certificate}`);
  // Node takes a CA that it cannot parse for none at all.
  const trusted = ca === undefined ? undefined : await readPem(names.ca, ca, (pem) => new X509Certificate(pem));
  return {
    ...(own && { cert: own.pem }),
    ...(secret && { key: secret.pem }),
    ...(trusted && { ca: trusted.pem }),
  };
}

async function readPem<T>(
  name: string,
  file: string,
  parse: (pem: string) => T,
): Promise<{ readonly pem: string; readonly parsed: T }> {
  try {
    const pem = await readFile(file, "utf8");
    return { pem, parsed: parse(pem) };
  } catch (cause) {
    throw new Error(`${name}: cannot use ${file}: ${whyNot(cause)}`, { cause });
  }
}

function whyNot(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES") return "this user may not read it";
  return message;
}
