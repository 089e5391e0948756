/** A CA made by the test, and PEM files of the certificates that it signs. */
import "./reflect-metadata.ts";
import { webcrypto } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface TestCa {
  readonly pem: string;
  readonly file: string;
  /** For 127.0.0.1 and localhost, and for clients; the files are replaced when the name is used again. */
  issue(name: string): Promise<CertificateFiles>;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

export async function makeCa(directory: string, name: string): Promise<TestCa> {
  const keys = await newKeys();
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new BasicConstraintsExtension(true)],
  });
  const file = await write(directory, `${name}.pem`, ca.toString("pem"));
  return {
    pem: ca.toString("pem"),
    file,
    async issue(subject) {
      const own = await newKeys();
      const certificate = await X509CertificateGenerator.create({
        subject: `CN=${subject}`,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new SubjectAlternativeNameExtension([
            { type: "ip", value: "127.0.0.1" },
            { type: "dns", value: "localhost" },
          ]),
          new ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
        ],
      });
      const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", own.privateKey), "PRIVATE KEY");
      return {
        certificate: await write(directory, `${subject}.crt`, certificate.toString("pem")),
        key: await write(directory, `${subject}.key`, key),
      };
    },
  };
}

async function write(directory: string, name: string, pem: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(`${file}.new`, pem, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return file;
}
