/** Opens a store for an operator, who hears why it cannot be used. */
import type { Backend } from "../backends/backend.ts";
import { type BackendConfig, openBackend } from "../backends/kinds.ts";
import { reasonOf } from "../log.ts";
import { Refusal } from "./refusal.ts";

/** Throws Refusal for what an operator must put right, such as a certificate that cannot be read. */
export async function openStore(config: BackendConfig): Promise<Backend> {
  try {
    return await openBackend(config);
  } catch (cause) {
    throw new Refusal(`${config.name} cannot be used: ${reasonOf(cause) ?? String(cause)}`, { cause });
  }
}
