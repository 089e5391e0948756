/**
 * Runs days of upkeep in a moment: opens a gateway in this process on the configuration of a gateway that has ended,
 * and moves its clock until no work is left.
 */
import type { GatewayConfig } from "../../src/config/schema.ts";
import { openGateway } from "../../src/gateway.ts";
import { openLog } from "../../src/log.ts";
import { withDatabase } from "./books.ts";

const DAY_MS = 86_400_000;
/** More than the age at which multipart uploads are ended, plus the grace. */
const FIRST_DAYS = 9;
const DAYS = 300;

const LEFT_TO_DO = `SELECT (SELECT COUNT(*) FROM blobs WHERE ref_count = 0) + (SELECT COUNT(*) FROM uploads)
  + (SELECT COUNT(*) FROM jobs WHERE kind IN ('copy', 'digest', 'drop'))
  + (SELECT COUNT(*) FROM quarantine) AS things`;

/** Resolves when the gateway is closed. */
export async function settle(config: GatewayConfig): Promise<void> {
  if (config.metadata.kind !== "sqlite") throw new Error("only a file can be looked into");
  const { file } = config.metadata;
  let offset = 0;
  await using gateway = await openGateway(
    { ...config, listen: { ...config.listen, port: 0 } },
    { log: openLog("silent"), now: () => new Date(Date.now() + offset) },
  );
  await gateway.fleet.probeNow();
  await gateway.upkeep.runDue();
  for (let days = FIRST_DAYS; days < DAYS; days++) {
    offset = days * DAY_MS;
    await gateway.upkeep.runDue();
    if ((await leftToDo(file)) === 0) return;
  }
}

function leftToDo(file: string): Promise<number> {
  return withDatabase(file, async (knex) => {
    const [row]: { things: number }[] = await knex.raw(LEFT_TO_DO);
    return row?.things ?? 0;
  });
}
