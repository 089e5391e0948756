/** The beginning of an object as text. */
import { get } from "../../session.ts";
import { done, type Result } from "../../wire/fault.ts";
import type { Attributes } from "./attributes.ts";
import { decoderFor } from "./text-encoding.ts";

/** So much is shown. */
export const TEXT_BYTES = 64 * 1024;

export interface TextStart {
  readonly text: string;
  /** It holds bytes that no text has. */
  readonly isBinary: boolean;
}

/** Streamed by the gateway itself: a backend may not let pages read there. */
export async function readTextStart(
  path: string,
  { size, headers }: Pick<Attributes, "size" | "headers">,
  signal: AbortSignal,
): Promise<Result<TextStart>> {
  const range = size > TEXT_BYTES ? { range: `bytes=0-${TEXT_BYTES - 1}` } : {};
  const answer = await get({ path, headers: { "x-nearbucket-redirect": "never", ...range }, signal });
  if (!answer.ok) return answer;
  try {
    const bytes = await answer.value.arrayBuffer();
    const text = decoderFor(headers["content-type"]).decode(bytes);
    return done({ text, isBinary: text.includes("\0") });
  } catch {
    return { ok: false, fault: { code: "Cut", message: "The answer broke off.", status: 0 } };
  }
}
