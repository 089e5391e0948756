/** What speaks, by its row in the database, against what an operator asks of a backend: pure. */
import type { RegisteredBackend } from "../metadata/backends.ts";
import type { Amount } from "../metadata/holders.ts";
import { FRESH_MS } from "./backend-description.ts";
import { Refusal } from "./refusal.ts";

/** Attaching one again, as to change its keys, must not undo what an operator did. */
export function checkInUse({ name, state }: RegisteredBackend): void {
  if (state === "attached") return;
  const standing = state === "draining" ? "is draining" : "was removed";
  throw new Refusal(
    `${name} ${standing}: nearbucket backends resume ${name} uses it again, and then attach can change its keys`,
  );
}

/** From here another store may be seen than from the gateways, such as a directory of another machine. */
export function checkNotInPlace({ name, seenAt, lostAt }: RegisteredBackend, now: Date): void {
  const ageMs = Math.max(0, now.getTime() - seenAt.getTime());
  if (lostAt !== undefined || ageMs >= FRESH_MS) return;
  const [ago, left] = [Math.floor(ageMs / 1000), Math.ceil((FRESH_MS - ageMs) / 1000)];
  throw new Refusal(
    `a gateway found ${name} in place ${ago} s ago: there is nothing to replace. ` +
      `If it is lost since then, try again in ${left} s`,
  );
}

/** `only`: what would have no good copy without it; `short`: what would have too few. */
export function checkCopied(name: string, only: Amount, short: Amount): void {
  if (only.blobs > 0)
    throw new Refusal(`${amountText(only)} have their only good copy on ${name}: wait until they are copied elsewhere`);
  if (short.blobs > 0)
    throw new Refusal(
      `${amountText(short)} would have fewer copies than they should without ${name}: ` +
        "attach a backend for them, or wait",
    );
}

/** So many are named. */
const SHOWN = 5;

/** `uploads`: those that could not be completed without it. */
export function checkNoUploads(
  name: string,
  uploads: readonly { readonly bucket: string; readonly key: string }[],
): void {
  if (uploads.length === 0) return;
  const named = uploads.slice(0, SHOWN).map(({ bucket, key }) => `${bucket}/${key}`);
  const more = uploads.length > SHOWN ? ", ..." : "";
  throw new Refusal(
    `${uploads.length} unfinished uploads have parts only on ${name}: ` +
      `complete or abort them first (${named.join(", ")}${more})`,
  );
}

export function amountText({ blobs, bytes }: Pick<Amount, "blobs" | "bytes">): string {
  return `${blobs} blobs (${bytes} bytes)`;
}
