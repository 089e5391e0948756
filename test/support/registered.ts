/** Registers the backends of a fleet without a database: each is established under an identity of its own. */
import type { Backend } from "../../src/backends/backend.ts";
import type { Fleet } from "../../src/backends/fleet.ts";
import type { Registration } from "../../src/registration.ts";

export const registrationOf = (name: string, change: Partial<Registration> = {}): Registration => ({
  name,
  identity: `identity-of-${name}`,
  state: "attached",
  seenAt: new Date(1),
  lostAt: undefined,
  abilities: undefined,
  ...change,
});

/** Resolves when they were probed. */
export async function registerAll(fleet: Fleet, backends: readonly Backend[]): Promise<void> {
  for (const backend of backends) await backend.establish(registrationOf(backend.name).identity);
  fleet.setRegistrations(backends.map(({ name }) => registrationOf(name)));
  await fleet.probeNow();
}
