// Readers who leave a slow backend do not come back as soon as nobody reads there.
import { expect, it } from "vitest";
import { expectedReadMs, steady } from "../../src/backends/expected-read.ts";
import { orderByProximity } from "../../src/delivery/proximity.ts";

const PROBE_MS = 5;
const HERE = { latitude: 0, longitude: 0 };

/** A backend whose probes are quick, and whose reads take `readMs`; ten reads a second of the virtual clock. */
function simulated(name: string, readMs: number) {
  let average: number | undefined;
  let readAt = 0;
  const candidate = { name, region: "here", coordinates: HERE, egressCost: 0, capacity: 1 };
  return {
    candidate: { ...candidate, latencyMs: undefined as number | undefined },
    read(second: number) {
      average = average === undefined ? readMs : average + 0.2 * (readMs - average);
      readAt = second;
    },
    look(second: number) {
      const expected = expectedReadMs({ probeMs: PROBE_MS, readMs: average, idleMs: (second - readAt) * 1000 });
      this.candidate.latencyMs = steady(this.candidate.latencyMs, expected);
    },
  };
}

it.each([
  ["a slow one and a quick one", 200, 20],
  ["two whose reads are slower than their probes", 400, 90],
])("of %s, the slow one gets a try now and then, and few reads", (_, slowMs, quickMs) => {
  const backends = [simulated("slow", slowMs), simulated("quick", quickMs)];
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  let slowReads = 0;
  let tries = 0;
  let before = "";
  const SECONDS = 1800;
  for (let second = 0; second < SECONDS; second++) {
    for (const backend of backends) backend.look(second);
    const candidates = backends.map(({ candidate }) => candidate);
    const chosen = new Set<string>();
    for (let n = 0; n < 10; n++) {
      const [first] = orderByProximity(candidates, { region: undefined, coordinates: HERE }, random);
      backends.find(({ candidate }) => candidate === first)?.read(second);
      if (first?.name === "slow") slowReads += 1;
      chosen.add(first?.name ?? "");
    }
    if (chosen.has("slow") && before !== "slow") tries += 1;
    before = chosen.has("slow") ? "slow" : "quick";
  }
  expect(tries).toBeGreaterThan(2);
  expect(tries).toBeLessThan(SECONDS / 60);
  expect(slowReads / (SECONDS * 10)).toBeLessThan(0.02);
});
