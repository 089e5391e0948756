/** Was each backend held against the database of late, and does it hold what the database does not know? */
import type { RegisteredBackend } from "../../metadata/backends.ts";
import type { InventoryFound } from "../../metadata/inventory-results.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import { type Finding, ok, warning } from "./finding.ts";

export interface InventoryCheck {
  readonly metadata: Pick<Metadata, "backends" | "inventories">;
  /** Between two inventories of one backend. */
  readonly hours: number;
  readonly now: Date;
}

const HOUR_MS = 3_600_000;
/** An inventory that is late by this factor will not come by itself. */
const LATE = 3;

export async function checkInventories({ metadata, hours, now }: InventoryCheck): Promise<readonly Finding[]> {
  const found = await metadata.inventories();
  const registered = (await metadata.backends.list()).filter(({ state }) => state !== "removed");
  return registered.flatMap((row) => {
    const one = found.find(({ backend }) => backend === row.name);
    return [judgeAge(row, one, hours, now), ...judgeHeld(one)];
  });
}

function judgeAge(
  { name: subject, registeredAt }: RegisteredBackend,
  found: InventoryFound | undefined,
  hours: number,
  now: Date,
): Finding {
  const check = "inventory";
  const since = found?.walkedAt ?? registeredAt;
  const ended = found === undefined ? "had no inventory yet" : `had its last inventory at ${since.toISOString()}`;
  if (now.getTime() - since.getTime() > LATE * hours * HOUR_MS) {
    const remedy = "See that a gateway runs and reaches it; nearbucket status shows why the inventory fails.";
    return warning({ check, subject, says: `${ended}, and has one every ${hours} hours`, remedy });
  }
  const { quarantined = 0, bytes = 0 } = found ?? {};
  const held = quarantined === 0 ? "" : `; keys that no row knows, to be deleted: ${quarantined} (${bytes} bytes)`;
  return ok(check, subject, `${ended}${held}`);
}

function judgeHeld(found: InventoryFound | undefined): readonly Finding[] {
  if (found?.isHeld !== true) return [];
  const { backend: subject, quarantined, bytes } = found;
  return [
    warning({
      check: "orphans",
      subject,
      says: `holds ${quarantined} keys (${bytes} bytes) that the database does not know: is it an older copy?`,
      remedy: `Nothing of it is deleted before you confirm it: nearbucket backends orphans ${subject}`,
    }),
  ];
}
