/**
 * An object that a browser opens as a page runs apart from this origin, where the console keeps its session: its
 * scripts see an origin of their own. S3's other clients see no difference.
 */
import type { IncomingMessage } from "node:http";

const SANDBOX = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts";

/** Browsers do not show a PDF in a sandbox, and run none of its scripts in the page's origin. */
const SHOWN_APART = /^application\/pdf\s*(?:;|$)/i;

/** The header that says so; undefined where the request is no browser's navigation. */
export function documentPolicy(
  { headers }: IncomingMessage,
  contentType: string | undefined,
): readonly [name: string, value: string] | undefined {
  if (headers.accept?.includes("text/html") !== true || SHOWN_APART.test(contentType ?? "")) return undefined;
  return ["Content-Security-Policy", SANDBOX];
}
