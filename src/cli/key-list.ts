/** Access keys as `nearbucket keys list` shows them, without secrets. */
import type { Administration } from "../administration.ts";
import { columns } from "./columns.ts";

type ListedKey = Awaited<ReturnType<Administration["metadata"]["accounts"]["listKeys"]>>[number];

/** For `--json`: omits fields that do not apply. */
export function describeKey(key: ListedKey, now: Date) {
  const { readOnly, places, networks } = key.scope;
  return {
    accessKeyId: key.accessKeyId,
    account: key.account.name,
    createdAt: key.createdAt.toISOString(),
    state: stateOf(key, now),
    lastUsedAt: key.lastUsedAt?.toISOString(),
    expiresAt: key.expiresAt?.toISOString(),
    readOnly,
    buckets: places?.map(({ bucket, prefix }) => (prefix === "" ? bucket : `${bucket}/${prefix}`)),
    networks,
    redirect: key.redirect,
    sessionOf: key.sessionOf,
    sealedBy: key.sealedBy,
  };
}

/** Columns under a heading, as wide as their content. */
export function keyTable(keys: readonly ListedKey[], now: Date): string {
  const heading = ["ACCESS KEY", "ACCOUNT", "CREATED", "LAST USED", "STATE", "EXPIRES", "LIMITS"];
  return columns([heading, ...keys.map((key) => rowOf(key, now))]);
}

function rowOf(key: ListedKey, now: Date): readonly string[] {
  const {
    accessKeyId,
    account,
    createdAt,
    lastUsedAt,
    state,
    expiresAt,
    readOnly,
    buckets,
    networks,
    redirect,
    sessionOf,
  } = describeKey(key, now);
  const limits = [
    ...(readOnly ? ["read-only"] : []),
    ...(buckets ?? []).map((place) => `bucket=${place}`),
    ...(networks ?? []).map((network) => `network=${network}`),
    ...(redirect === undefined ? [] : [`redirect=${redirect}`]),
    ...(sessionOf === undefined ? [] : [`session-of=${sessionOf}`]),
  ];
  return [
    accessKeyId,
    account,
    minute(createdAt),
    minute(lastUsedAt, "never"),
    state,
    minute(expiresAt, "never"),
    limits.join(" ") || "none",
  ];
}

function stateOf({ disabled, expiresAt }: ListedKey, now: Date): "active" | "disabled" | "expired" {
  if (disabled) return "disabled";
  return expiresAt !== undefined && expiresAt <= now ? "expired" : "active";
}

function minute(iso: string | undefined, otherwise = ""): string {
  return iso === undefined ? otherwise : `${iso.slice(0, 16)}Z`;
}
