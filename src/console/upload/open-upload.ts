/** The upload that takes a file's parts: an unfinished one that is proven to be this file's, or a new one. */
import { done, type Result } from "../wire/fault.ts";
import { contentTypeOf } from "./claim.ts";
import type { HashPool } from "./hash-pool.ts";
import type { Item } from "./item.ts";
import { createUpload, listParts, listUploads } from "./multipart.ts";
import { matchBySize, type Standing, type StoredPart } from "./resume.ts";

export interface OpenUpload {
  readonly id: string;
  readonly stored: readonly StoredPart[];
}

/** So many of the unfinished uploads under one key are looked at. */
const MAX_CANDIDATES = 5;

export async function openUpload(item: Item, pool: HashPool, signal: AbortSignal): Promise<Result<OpenUpload>> {
  const listed = await listUploads(item, signal);
  // Who may write but not list begins anew.
  if (!listed.ok && listed.fault.status !== 403) return listed;
  for (const id of listed.ok ? listed.value.slice(0, MAX_CANDIDATES) : []) {
    const parts = await listParts(item, id, signal);
    // It may have been completed or aborted in between.
    if (!parts.ok && parts.fault.status !== 404 && parts.fault.status !== 403) return parts;
    const standing = parts.ok ? matchBySize(item.parts, parts.value) : undefined;
    if (standing === undefined) continue;
    const proven = await areAllOf(item.file, standing, pool, signal);
    if (!proven.ok) return proven;
    if (proven.value) return done({ id, stored: standing.map(({ stored }) => stored) });
  }
  const created = await createUpload(item, contentTypeOf(item.file), signal);
  return created.ok ? done({ id: created.value, stored: [] }) : created;
}

/** Reads the file where parts stand; stops at the first that is another's. */
async function areAllOf(
  file: File,
  standing: readonly Standing[],
  pool: HashPool,
  signal: AbortSignal,
): Promise<Result<boolean>> {
  for (const { part, stored } of standing) {
    const digest = await pool.hash(file.slice(part.from, part.to), signal);
    if (!digest.ok) return digest;
    if (digest.value !== stored.sha256) return done(false);
  }
  return done(true);
}
