/** A bucket's settings as they are chosen from lists, where the gateway's own is a choice of its own. Pure. */
import {
  parsePlacement,
  parseReadReplicas,
  placementText,
  readReplicasText,
} from "../../../../contract/bucket-texts.ts";
import type { BucketDocument } from "../../../../contract/objects.ts";

/** In a list: the gateway's own holds. */
const OWN = "";

export interface SettingsForm {
  readonly dedup: string;
  readonly redirect: string;
  readonly copies: string;
  readonly minimumCopies: string;
  /** Typed, not chosen; empty: the gateway's own. */
  readonly placement: string;
  /** As `placement`. */
  readonly readReplicas: string;
}

/** Those that are chosen. */
export type Chosen = Exclude<keyof SettingsForm, "placement" | "readReplicas">;

type Words = readonly (readonly [value: string, text: string])[];

export const DEDUP: Words = [
  ["account", "Across the account"],
  ["global", "Across all accounts"],
  ["bucket", "Within the bucket"],
  ["off", "Never"],
];

export const REDIRECT: Words = [
  ["auto", "Clients that can follow"],
  ["always", "Every client"],
  ["off", "Never"],
];

export function copiesUpTo(copies: number): Words {
  return Array.from({ length: copies }, (_, index) => [String(index + 1), String(index + 1)]);
}

export function formOf({ settings }: Pick<BucketDocument, "settings">): SettingsForm {
  return {
    dedup: settings.dedup ?? OWN,
    redirect: settings.redirect ?? OWN,
    copies: settings.copies === undefined ? OWN : String(settings.copies),
    minimumCopies: settings.minimumCopies === undefined ? OWN : String(settings.minimumCopies),
    placement: settings.placement === undefined ? OWN : placementText(settings.placement),
    readReplicas: settings.readReplicas === undefined ? OWN : readReplicasText(settings.readReplicas),
  };
}

/** Only what differs from what is set: another's change of the rest is kept. */
export function changeOf(before: SettingsForm, after: SettingsForm): Record<string, Value> {
  const changed = (Object.keys(after) as (keyof SettingsForm)[]).filter((name) => before[name] !== after[name]);
  return Object.fromEntries(changed.map((name) => [name, toValue(name, after[name])]));
}

/** The choices of a setting, the gateway's own first; where that holds, with what it is. */
export function optionsOf(bucket: BucketDocument, name: Chosen, words: Words): Words {
  const value = String(bucket.effective[name]);
  const text = words.find(([known]) => known === value)?.[1] ?? value;
  return [[OWN, bucket.settings[name] === undefined ? `${text} (the gateway's own)` : "The gateway's own"], ...words];
}

type Value = string | number | object | null;

function toValue(name: keyof SettingsForm, text: string): Value {
  if (text.trim() === OWN) return null;
  if (name === "placement") return parsePlacement(text.trim());
  if (name === "readReplicas") return parseReadReplicas(text);
  return name === "minimumCopies" || name === "copies" ? Number(text) : text;
}
