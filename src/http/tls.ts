/**
 * TLS of a listener: its settings, and its files followed, so that a renewed certificate serves new connections without
 * a restart. Files that do not fit together change nothing.
 */
import type { SecureContextOptions, Server, TlsOptions } from "node:tls";
import type { Log } from "../log.ts";
import { readTlsFiles, type TlsFiles, type TlsMaterial, type TlsNames } from "../tls-files.ts";

/** Forward secrecy and authenticated encryption only. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

export const LISTENER_FILES: TlsNames = { certificate: "tls.certificate", key: "tls.key", ca: "tls.clientCaFile" };

const CHECK_MS = 1000;

/** With a CA in `material`, only clients with a certificate of that CA are let in. */
export function tlsOptions(material: TlsMaterial): TlsOptions {
  return {
    ...contextOptions(material),
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: 10_000,
    requestCert: material.ca !== undefined,
    rejectUnauthorized: true,
  };
}

function contextOptions(material: TlsMaterial): SecureContextOptions {
  return { ...material, minVersion: "TLSv1.2", ciphers: CIPHERS };
}

/** Looks at the files every second, until the function returned is called. `used`: what the server began with. */
export function followTlsFiles(server: Server, files: TlsFiles, used: TlsMaterial, log: Log): () => void {
  let current = used;
  let complaint: string | undefined;
  let reading = false;
  const check = async () => {
    try {
      const found = await readTlsFiles(files, LISTENER_FILES);
      complaint = undefined;
      if (found.cert === current.cert && found.key === current.key && found.ca === current.ca) return;
      server.setSecureContext(contextOptions(found));
      current = found;
      log.info({ certificate: files.certificate }, "new TLS files are in use");
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      if (told !== complaint) log.error({ err: error }, "the new TLS files are not used");
      complaint = told;
    }
  };
  const timer = setInterval(() => {
    if (reading) return;
    reading = true;
    void check().finally(() => {
      reading = false;
    });
  }, CHECK_MS).unref();
  return () => clearInterval(timer);
}
