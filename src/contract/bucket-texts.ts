/**
 * Two settings of a bucket as people write them. Apart from the shapes, whose library the console does not load: it
 * tries whether it may evaluate text, which the console's content policy refuses.
 */
import type { Placement, ReadReplicas } from "./objects.ts";

/** `any`, `nearest-writer`, or the names of regions with commas between them. */
export function placementText(value: Placement): string {
  return typeof value === "string" ? value : value.regions.join(",");
}

export function parsePlacement(text: string): Placement {
  if (text === "any" || text === "nearest-writer") return text;
  const regions = text.split(",").map((name) => name.trim());
  return { regions: regions.filter((name) => name !== "") };
}

/** What the configuration's rule has for what it does not name. */
const USUAL = { afterReads: 100, max: 1, ttlHours: 24 } as const;

/** `off`, or the rule as `afterReads=100,max=1,ttlHours=24`. */
export function readReplicasText(value: ReadReplicas): string {
  return value === "off" ? value : `afterReads=${value.afterReads},max=${value.max},ttlHours=${value.ttlHours}`;
}

/** What is left out is as usual; what makes no sense is refused by the shape of the setting. */
export function parseReadReplicas(text: string): "off" | Readonly<Record<string, number>> {
  if (text.trim() === "off") return "off";
  const named = text.split(",").map((pair) => {
    const [name = "", ...number] = pair.split("=");
    return [name.trim(), Number(number.join("="))] as const;
  });
  return { ...USUAL, ...Object.fromEntries(named) };
}
