/**
 * Header values of any language. On the wire they are UTF-8, as S3's clients send them; the browser takes and gives
 * each byte as one character.
 */

/** As fetch takes it. */
export function toHeader(text: string): string {
  if (!NOT_ASCII.test(text)) return text;
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** From what fetch gives. Bytes that are no UTF-8 stay latin1; `=?UTF-8?B?...?=` (RFC 2047) is decoded. */
export function fromHeader(text: string): string {
  return (fromUtf8(text) ?? text).replace(ENCODED_WORD, (word, form: string, encoded: string) => {
    try {
      return fromUtf8(form.toUpperCase() === "B" ? atob(encoded) : fromQuoted(encoded)) ?? word;
    } catch {
      return word;
    }
  });
}

const NOT_ASCII = /\P{ASCII}/u;
const ENCODED_WORD = /=\?utf-8\?([bq])\?([^?]*)\?=/gi;

/** `bytes`: one character each; undefined where they are no UTF-8. */
function fromUtf8(bytes: string): string | undefined {
  if (!NOT_ASCII.test(bytes)) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

function fromQuoted(encoded: string): string {
  return encoded
    .replaceAll("_", " ")
    .replace(/=([0-9a-f]{2})/gi, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)));
}
