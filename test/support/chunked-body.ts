/** Builds aws-chunked bodies for tests: signed, signed with trailers, unsigned with trailers. */
import { EMPTY_SHA256, sha256Hex } from "../../src/signature-v4.ts";

export interface ChunkSigner {
  readonly timestamp: string;
  readonly scope: string;
  readonly seed: string;
  /** Hex HMAC under the day's key. */
  sign(text: string): string;
}

/** `form` as in PayloadForm; a form that begins with "chunked" is signed and needs `signer`. */
export function chunkedBody(
  content: Buffer,
  form: string,
  {
    chunkSize = 64 * 1024,
    trailers = {},
  }: { readonly chunkSize?: number; readonly trailers?: Readonly<Record<string, string>> },
  signer: ChunkSigner | undefined,
): Buffer {
  const parts: Buffer[] = [];
  const signed = form.startsWith("chunked") && signer !== undefined;
  let previous = signer?.seed ?? "";
  const next = (kind: string, ...hashes: string[]): string => {
    previous =
      signer?.sign([`AWS4-HMAC-SHA256-${kind}`, signer.timestamp, signer.scope, previous, ...hashes].join("\n")) ?? "";
    return previous;
  };
  const header = (data: Buffer): Buffer =>
    Buffer.from(
      `${data.length.toString(16)}${signed ? `;chunk-signature=${next("PAYLOAD", EMPTY_SHA256, sha256Hex(data))}` : ""}\r\n`,
    );
  for (let at = 0; at < content.length; at += chunkSize) {
    const data = content.subarray(at, at + chunkSize);
    parts.push(header(data), data, Buffer.from("\r\n"));
  }
  parts.push(header(Buffer.alloc(0)));
  if (form.endsWith("trailer")) {
    const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`);
    for (const line of lines) parts.push(Buffer.from(`${line}\r\n`));
    if (signed)
      parts.push(
        Buffer.from(
          `x-amz-trailer-signature:${next("TRAILER", sha256Hex(lines.map((line) => `${line}\n`).join("")))}\r\n`,
        ),
      );
  }
  parts.push(Buffer.from("\r\n"));
  return Buffer.concat(parts);
}
