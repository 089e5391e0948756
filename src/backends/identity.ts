/**
 * A backend's identity: random text that it is given once, at its registration, and shows ever after. A store that
 * shows another one, or none, is not the store it was, whatever its address says.
 */
import { BackendError } from "./backend.ts";

/** As the identity object and the marker of a disk hold it. */
export function identityText(identity: string): string {
  return `${identity}\n`;
}

/** Undefined when the text is no identity. */
export function parseIdentity(text: string): string | undefined {
  return /^([A-Za-z0-9-]{8,64})\n?$/.exec(text)?.[1];
}

/** Throws absent when none was found, corrupt when another one was. */
export function checkIdentity(backend: string, expected: string, found: string | undefined): void {
  if (found === expected) return;
  throw new BackendError(backend, found === undefined ? "absent" : "corrupt", {
    detail: `${found === undefined ? "it shows no identity" : `it shows the identity ${found}`}, expected ${expected}`,
  });
}
