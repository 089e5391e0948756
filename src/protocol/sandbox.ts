/**
 * Keeps what a browser may run as a page of its own away from the console, which has the same origin: the page gets an
 * origin that is nobody's. Clients that are no browsers do not look at it.
 */
import type { ReplyHeaders } from "./reply-headers.ts";

/** Shown, played or saved, never run. Of several types in one header browsers take the last, so only one passes. */
const PASSIVE = new RegExp(
  "^(?:(?:audio|font|video)/[\\w.+-]+|image/(?!svg)[\\w.+-]+|text/(?:plain|csv)|application/(?:json|octet-stream|pdf)" +
    "|binary/octet-stream)(?:\\s*;[^,]*)?$",
  "i",
);

const SANDBOX = "sandbox allow-downloads allow-forms allow-modals allow-popups allow-scripts";

/** What has no type is sniffed, and may be a page. */
export function sandboxPages(headers: ReplyHeaders): void {
  if (!PASSIVE.test(headers["Content-Type"] ?? "")) headers["Content-Security-Policy"] = SANDBOX;
}
