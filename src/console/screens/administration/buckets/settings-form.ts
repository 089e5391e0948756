/** A bucket's settings as they are chosen from lists, where the gateway's own is a choice of its own. Pure. */
import type { BucketDocument } from "../../../../contract/objects.ts";

/** In a list: the gateway's own holds. */
const OWN = "";

export interface SettingsForm {
  readonly dedup: string;
  readonly redirect: string;
  readonly minimumCopies: string;
}

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
    minimumCopies: settings.minimumCopies === undefined ? OWN : String(settings.minimumCopies),
  };
}

/** Only what differs from what is set: another's change of the rest is kept. */
export function changeOf(before: SettingsForm, after: SettingsForm): Record<string, string | number | null> {
  const changed = (Object.keys(after) as (keyof SettingsForm)[]).filter((name) => before[name] !== after[name]);
  return Object.fromEntries(changed.map((name) => [name, toValue(name, after[name])]));
}

/** The choices of a setting, the gateway's own first; where that holds, with what it is. */
export function optionsOf(bucket: BucketDocument, name: keyof SettingsForm, words: Words): Words {
  const value = String(bucket.effective[name]);
  const text = words.find(([known]) => known === value)?.[1] ?? value;
  return [[OWN, bucket.settings[name] === undefined ? `${text} (the gateway's own)` : "The gateway's own"], ...words];
}

function toValue(name: keyof SettingsForm, text: string): string | number | null {
  if (text === OWN) return null;
  return name === "minimumCopies" ? Number(text) : text;
}
