/**
 * Holds what a backend lists against the rows. A good replica that is missing there, or looks different, is asked for
 * by name before it counts as lost: some stores list late. A key that no row knows comes into quarantine. The walk goes
 * by key, in pages, at a limited rate, and continues where it was interrupted. It is complete only if the listing is.
 */
import { setTimeout as delay } from "node:timers/promises";
import { ADOPTED, adopterOf } from "../backends/adopted-key.ts";
import { BackendError, type ListedBlob } from "../backends/backend.ts";
import type { FleetMember } from "../backends/fleet.ts";
import { isTriedNow } from "../backends/trial-key.ts";
import type { InventoryRow, KeyWindow } from "../metadata/inventory.ts";
import type { InventoryProgress } from "../metadata/inventory-results.ts";
import { afterPrefix, compareKeys } from "../metadata/key-range.ts";
import { inParallel } from "./in-parallel.ts";
import type { JobContext } from "./job-context.ts";
import { deleteStrays, heldSince } from "./quarantine.ts";
import type { JobRun } from "./running-job.ts";

export interface InventoryWork {
  readonly member: FleetMember;
  readonly progress: InventoryProgress;
  /** Between two walks. */
  readonly everyMs: number;
}

/** In byte order. */
const PREFIXES = [ADOPTED, "blobs/"];
/** Keys of the listing that are held against the rows together. */
const PAGE = 1000;
/** Limits the walk to about 20,000 blobs a second, in pieces of a millisecond, so that it hardly delays requests. */
const ROWS = 250;
const PAUSE_MS = 12;
/** The place is recorded after so many pieces. */
const RECORD_EVERY = 20;
/** Questions to a backend at a time. */
const AT_ONCE = 4;

/**
 * Walks if that is due, or was begun, and deletes what has been in quarantine for the grace. Throws BackendError when
 * the backend does not answer: what was done stays done.
 */
export async function takeInventory(context: JobContext, work: InventoryWork, run: JobRun): Promise<void> {
  const { member, everyMs } = work;
  const { identity } = member;
  if (!member.up || identity === undefined) return;
  const { metadata, now } = context;
  const backend = member.backend.name;
  const progress = work.progress.identity === identity ? work.progress : {};
  const { after, found: before } = progress;
  const isWalk = before === undefined || after !== undefined || now().getTime() - before.walkedAt >= everyMs;
  const walked = isWalk
    ? { replicas: await walk(context, member, { ...progress, identity }, run), walkedAt: now().getTime() }
    : before;
  const heldAt = await heldSince(context, backend, walked.replicas, before?.heldAt, isWalk);
  const record = async () => {
    const { keys: quarantined, bytes } = await metadata.quarantine.totals(backend);
    const { replicas, walkedAt } = walked;
    const found = { replicas, walkedAt, quarantined, bytes, ...(heldAt !== undefined && { heldAt }) };
    await run.narrow({ kind: "inventory", backend, identity, found });
  };
  await record();
  if (await deleteStrays(context, member, heldAt !== undefined, run)) await record();
}

/** Returns how many replicas the rows name there. */
async function walk(
  context: JobContext,
  member: FleetMember,
  progress: InventoryProgress & { readonly identity: string },
  run: JobRun,
): Promise<number> {
  const backend = member.backend.name;
  let { after = "", replicas = 0 } = progress;
  let count = 0;
  for await (const { page, end } of allPages(member, progress.after, run)) {
    // The rows are read after the page: what was written in between has a row.
    for (let rest = page; compareKeys(after, end) < 0; ) {
      run.signal.throwIfAborted();
      const rows = await context.metadata.inventory.rows(backend, { after, to: end }, ROWS);
      const to = (rows.length === ROWS ? rows.at(-1)?.storageKey : undefined) ?? end;
      const beyond = rest.findIndex(({ key }) => compareKeys(key, to) > 0);
      const covered = beyond < 0 ? rest : rest.slice(0, beyond);
      rest = rest.slice(covered.length);
      replicas += rows.filter(({ isNamed }) => isNamed).length;
      await compare(context, member, { after, to }, covered, rows, run);
      after = to;
      run.moved();
      if (++count % RECORD_EVERY === 0) await run.narrow({ ...progress, kind: "inventory", backend, after, replicas });
      if (compareKeys(after, afterPrefix("blobs/")) < 0) await delay(PAUSE_MS, undefined, { ref: false });
    }
  }
  return replicas;
}

/** What is listed up to `end`, which begins where the page before ended. */
async function* allPages(member: FleetMember, after: string | undefined, run: JobRun) {
  for (const prefix of PREFIXES) {
    const last = afterPrefix(prefix);
    if (after !== undefined && compareKeys(after, last) >= 0) continue;
    for await (const { page, isLast } of pages(member.backend.list(prefix, after), run))
      yield { page, end: isLast ? last : (page.at(-1)?.key ?? last) };
  }
}

/** At least one, the last of which may be empty. */
async function* pages(listing: AsyncIterable<ListedBlob>, run: JobRun) {
  let page: ListedBlob[] = [];
  for await (const entry of listing) {
    run.signal.throwIfAborted();
    run.moved();
    page.push(entry);
    if (page.length < PAGE) continue;
    yield { page, isLast: false };
    page = [];
  }
  yield { page, isLast: true };
}

/** `listed` and `rows` are all there are in this window. Throws when the backend does not answer a question. */
async function compare(
  context: JobContext,
  member: FleetMember,
  window: KeyWindow,
  listed: readonly ListedBlob[],
  rows: readonly InventoryRow[],
  run: JobRun,
): Promise<void> {
  const { metadata, now } = context;
  const backend = member.backend.name;
  const byKey = new Map(listed.map((entry) => [entry.key, entry]));
  const doubtful = rows.filter(({ isPromised, storageKey, size, etag }) => {
    const entry = byKey.get(storageKey);
    return isPromised && (entry?.size !== size || entry.etag !== etag);
  });
  const answers = await inParallel(doubtful, AT_ONCE, async (row) => {
    run.signal.throwIfAborted();
    const isClear = await ask(context, member, row);
    run.moved();
    return isClear;
  });
  for (const { storageKey, isNamed } of rows) if (isNamed) byKey.delete(storageKey);
  // What nobody adopted is the clients' own.
  const strays = [...byKey.values()].filter(
    (entry) => !isTriedNow(entry, now()) && adopterOf(entry.key) !== member.backend.name,
  );
  await metadata.inventory.settle(backend, window, strays);
  const unclear = answers.filter((isClear) => !isClear).length;
  if (unclear > 0)
    throw new BackendError(backend, "unavailable", { detail: `${unclear} replicas could not be asked for` });
}

/** Asks for a replica by its name, if the rows still promise it. False: nobody can tell whether it is good. */
async function ask({ metadata, replicas }: JobContext, member: FleetMember, row: InventoryRow): Promise<boolean> {
  const blob = await metadata.blobs.find(row.blobId);
  const isPromised = blob?.replicas.some(
    ({ backend, state }) => backend === member.backend.name && state === "verified",
  );
  if (blob?.storageKey !== row.storageKey || !isPromised) return true;
  return (await replicas.prove(blob, member)) !== undefined;
}
