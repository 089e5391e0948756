/** The part of the composition root that moves a database to one of another kind, or to another server. */
import { metadataOptions } from "./administration.ts";
import type { GatewayConfig } from "./config/schema.ts";
import { newJournal } from "./journal/names.ts";
import { digestRows, type RowsDigest } from "./metadata/digest-rows.ts";
import { type Metadata, openMetadata } from "./metadata/metadata.ts";

const ROWS_IN_PAGE = 5_000;

/**
 * Copies the database of `from`, which no gateway may use meanwhile, into the empty one of `to`, and compares all rows.
 * The backends are the same. Throws an Error in words for an operator.
 */
export async function migrateDatabase(from: GatewayConfig, to: GatewayConfig): Promise<RowsDigest> {
  const source = await open(from);
  try {
    const target = await open(to);
    try {
      return await copy(source, target);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function open(config: GatewayConfig): Promise<Metadata> {
  return openMetadata({ ...metadataOptions(config, () => new Date(), undefined), cacheRows: 0 });
}

async function copy(source: Metadata, target: Metadata): Promise<RowsDigest> {
  const rows = () => source.journal.rows(ROWS_IN_PAGE);
  const head = await source.journal.head();
  await target.journal.fill(rows);
  const [before, after] = [await digestRows(rows()), await digestRows(target.journal.rows(ROWS_IN_PAGE))];
  if (before.digest !== after.digest)
    throw new Error("the database changed while it was copied: stop its gateways, and copy it into an empty one again");
  // In a later epoch: the former database finds that it is the older one, should it be started again.
  const former = head ?? (await source.journal.ended());
  if (former !== undefined) await target.journal.begin(newJournal(), former.epoch, former.journal);
  return after;
}
