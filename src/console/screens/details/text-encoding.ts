/** Which letters the bytes of a text are. Pure. */

/** UTF-8 unless the type names an encoding that the browser knows. */
export function decoderFor(contentType = ""): TextDecoder {
  const charset = /;\s*charset="?([^\s";]+)/i.exec(contentType)?.[1];
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
