/** What `nearbucket keys create` takes to narrow a key, checked as it is read. */
import { InvalidArgumentError } from "commander";
import type { Administration } from "../administration.ts";
import { networkFault } from "../networks.ts";

type Scope = Parameters<Administration["metadata"]["accounts"]["createKey"]>[0]["scope"];
type Places = NonNullable<Scope["places"]>;

export interface ScopeOptions {
  readonly readOnly?: true;
  readonly bucket?: Places;
  readonly network?: readonly string[];
}

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const BUCKET = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s;

export function scopeOf({ readOnly, bucket: places, network: networks }: ScopeOptions): Scope {
  return { ...(readOnly && { readOnly }), ...(places && { places }), ...(networks && { networks }) };
}

/** Adds a `BUCKET` or `BUCKET/PREFIX` to the list. */
export function addPlace(text: string, before: Places = []): Places {
  const [, bucket, prefix = ""] = BUCKET.exec(text) ?? [];
  if (bucket === undefined) throw new InvalidArgumentError("expected BUCKET or BUCKET/PREFIX");
  return [...before, { bucket, prefix }];
}

/** Adds a network or an address to the list. */
export function addNetwork(text: string, before: readonly string[] = []): readonly string[] {
  const fault = networkFault(text);
  if (fault !== undefined) throw new InvalidArgumentError(fault);
  return [...before, text];
}

/** A date (its first moment in UTC), a time, or a duration from now: `90m`, `12h`, `30d`, `4w`; in the future. */
export function expiry(text: string, now: Date = new Date()): Date {
  const [, count, unit = ""] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const at =
    count === undefined
      ? Date.parse(/^\d{4}-\d\d-\d\d/.test(text) ? text : "")
      : now.getTime() + Number(count) * (UNITS_MS[unit] ?? 0);
  if (!(at > now.getTime()))
    throw new InvalidArgumentError(
      "expected a date or time ahead, such as 2030-01-31, or a duration such as 90m, 12h, 30d, 4w",
    );
  return new Date(at);
}
