/** Tries now what becomes of redirected reads on a backend, and keeps the result for every gateway. */
import { type Backend, BackendError } from "../backends/backend.ts";
import type { Metadata } from "../metadata/metadata.ts";
import type { RedirectAbilities } from "../registration.ts";

const PATIENCE_MS = 10_000;

/** Undefined: no redirect leads there, or it takes no object now; what was known stays. `identity`: as registered. */
export async function tryRedirects(
  backend: Pick<Backend, "name" | "tryRedirects">,
  backends: Pick<Metadata["backends"], "setAbilities">,
  identity: string,
): Promise<RedirectAbilities | undefined> {
  try {
    const abilities = await backend.tryRedirects?.(AbortSignal.timeout(PATIENCE_MS));
    if (abilities !== undefined) await backends.setAbilities(backend.name, identity, abilities);
    return abilities;
  } catch (failure) {
    if (failure instanceof BackendError) return undefined;
    throw failure;
  }
}
