/** What may be set in a bucket: with the backends as they are, writes to it must be able to succeed. */
import type { BucketSettings } from "../model.ts";
import { badRequest } from "./problems.ts";
import type { ApiServices, GatewayFacts } from "./services.ts";

export type OwnSettings = Pick<
  BucketSettings,
  "dedup" | "redirect" | "copies" | "minimumCopies" | "placement" | "readReplicas" | "cors"
>;

export type SettingsChange = { readonly [Name in keyof OwnSettings]?: OwnSettings[Name] | null | undefined };

/** The settings after a change; null takes one back. Throws BadRequest for what could never be. */
export function changed(
  settings: BucketSettings,
  change: SettingsChange,
  services: Pick<ApiServices, "facts" | "fleet">,
): BucketSettings {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const all = { ...settings, ...Object.fromEntries(given) };
  const after: BucketSettings = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  const { placement } = after;
  const sorted = typeof placement === "object" && { placement: { regions: [...new Set(placement.regions)].sort() } };
  check({ ...after, ...sorted }, change, services);
  return { ...after, ...sorted };
}

/** What holds. */
export function effective(
  { dedup, redirect, copies: own, minimumCopies: minimum, placement, readReplicas, cors }: BucketSettings,
  facts: GatewayFacts,
): Required<OwnSettings> {
  const copies = Math.max(own ?? facts.copies, facts.fewestCopies);
  const waitsForAll = facts.minimumCopies === facts.copies;
  return {
    dedup: dedup ?? facts.dedup,
    redirect: redirect ?? facts.redirect,
    copies,
    minimumCopies: Math.min(minimum ?? (waitsForAll ? copies : facts.minimumCopies), copies),
    placement: placement ?? "any",
    readReplicas: readReplicas ?? facts.readReplicas,
    cors: cors ?? facts.cors,
  };
}

/** Only what is being changed is refused: backends may have gone since the rest was set. */
function check(after: BucketSettings, change: SettingsChange, { facts, fleet }: Pick<ApiServices, "facts" | "fleet">) {
  const { copies } = effective(after, facts);
  if ((change.copies ?? copies) < facts.fewestCopies)
    throw badRequest("/copies", `at least as many as the gateway keeps of everything: ${facts.fewestCopies}`);
  if ((change.minimumCopies ?? 0) > copies)
    throw badRequest("/minimumCopies", `at most as many as the bucket's objects have copies: ${copies}`);
  const regions = typeof after.placement === "object" ? after.placement.regions : undefined;
  const members = fleet.members().filter(({ region }) => regions?.includes(region.name) ?? true);
  if (change.placement != null && regions !== undefined) {
    const unknown = regions.find((name) => !facts.regions().includes(name));
    if (unknown !== undefined) throw badRequest("/placement", `regions with a backend; none is in ${unknown}`);
  }
  if (change.placement == null && change.copies == null) return;
  if (members.length < copies)
    throw badRequest(
      change.copies == null ? "/placement" : "/copies",
      `as many copies as there are backends at most: ${copies} wanted, ${members.length} there`,
    );
}
