/**
 * A reply whose document takes long to make. S3 sends 200 and blanks meanwhile, so that neither the client nor a proxy
 * takes the silence for the end; the blanks stand between the XML declaration and the document. Work that fails after
 * that says so inside the 200: clients of these operations look there.
 */
import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Context } from "koa";
import { renderRoot, XML_DECLARATION, type XmlDocument } from "../protocol/xml.ts";

/** What fails or ends sooner is answered with its own status. */
const PATIENCE_MS = 3_000;
/** Well within the time after which clients and proxies give up a silent connection. */
const BLANK_MS = 5_000;

const begun = new WeakSet<ServerResponse>();

/**
 * The document when it was made soon. Undefined: it has been sent, after `begin` had sent the head. Rejects as `made`
 * does: then `endWaiting` sends the error, if the reply has begun.
 */
export async function awaitDocument(
  { res }: Context,
  made: Promise<XmlDocument>,
  begin: () => void,
): Promise<XmlDocument | undefined> {
  const soon = new AbortController();
  const isLate = await Promise.race([
    made.then(() => false),
    pause(PATIENCE_MS, true, { signal: soon.signal, ref: false }),
  ]).finally(() => soon.abort());
  if (!isLate) return made;
  begin();
  begun.add(res);
  if (!res.destroyed) res.write(`${XML_DECLARATION} `);
  const blanks = setInterval(() => {
    if (!res.destroyed) res.write(" ");
  }, BLANK_MS).unref();
  try {
    endWaiting(res, await made);
    return undefined;
  } finally {
    clearInterval(blanks);
  }
}

/** False: this reply was not begun with blanks. */
export function endWaiting(res: ServerResponse, document: XmlDocument): boolean {
  if (!begun.has(res)) return false;
  if (!res.destroyed) res.end(renderRoot(document));
  return true;
}
