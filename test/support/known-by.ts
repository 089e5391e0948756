/** What the database knows of a backend that is examined. */
import type { Acquaintance } from "../../src/admin/checks/backend.ts";

/** `registered`: the identity it has for the backend. */
export function knownBy(registered: string | undefined, more: Partial<Acquaintance> = {}): Acquaintance {
  return { registered, others: [], holdsBlobs: false, attaching: undefined, ...more };
}
