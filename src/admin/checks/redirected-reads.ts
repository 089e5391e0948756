/** What a store did with the reads that redirects lead to, told as findings. */
import type { RedirectAbilities } from "../../registration.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

/** `declared`: what the configuration says of replayed headers. */
export function judgeRedirectedReads(
  subject: string,
  abilities: RedirectAbilities,
  declared: "tolerate" | "strict" | "auto" | undefined,
): readonly Finding[] {
  // Told by the check of the redirect itself.
  if (abilities.keyReads !== true) return [];
  return [
    ...faults(subject, abilities),
    ...judgeReplayed(subject, abilities, declared),
    ...judgeKey(subject, abilities),
  ];
}

const WRONG = [
  ["sameStore", "another store than this one stands at publicEndpoint", "Correct publicEndpoint."],
  ["ranges", "a signed URL there does not give the part of an object that is asked for", "See what stands before it."],
  ["conditions", "a signed URL there does not hold If-Match and If-None-Match", "See what stands before it."],
  [
    "overrides",
    "a signed URL there does not answer with the headers it names (response-*)",
    "See what stands before it.",
  ],
] as const;

function faults(subject: string, abilities: RedirectAbilities): readonly Finding[] {
  const check = "redirected-reads";
  const found = WRONG.filter(([name]) => abilities[name] === false).map(([, says, remedy]) =>
    error({ check, subject, says, remedy: `${remedy} Until then nobody is redirected there.` }),
  );
  if (abilities.partEtags === false) {
    const says = "does not name an upload in parts by the md5 of their md5s: such objects are always streamed";
    found.push(warning({ check, subject, says, remedy: "Use a service that does, or expect no redirects for these." }));
  }
  const isKnown = WRONG.every(([name]) => name === "sameStore" || abilities[name] === true);
  if (found.length > 0 || !isKnown) return found;
  return [ok(check, subject, "answers redirected reads as the gateway would: ranges, conditions, response-* headers")];
}

function judgeReplayed(
  subject: string,
  { replayedHeaders }: RedirectAbilities,
  declared: "tolerate" | "strict" | "auto" | undefined,
): readonly Finding[] {
  if (replayedHeaders === undefined) return [];
  const check = "replayed-headers";
  if (replayedHeaders === "tolerate") return [ok(check, subject, "bears headers that redirected clients send again")];
  const says = "refuses x-amz-* headers that a URL does not sign";
  if (declared !== "tolerate")
    return [ok(check, subject, `${says}: clients that sign in the header are redirected only if they leave these out`)];
  const remedy = "Clients that follow get 403 there. Leave replayedHeaders out of its configuration, or say strict.";
  return [error({ check, subject, says: `${says}, and is declared to bear them`, remedy })];
}

function judgeKey(subject: string, { keyReadsOnly }: RedirectAbilities): readonly Finding[] {
  if (keyReadsOnly !== false) return [];
  const remedy = "Give it s3:GetObject on the blobs and nothing else: docs/backends.md.";
  return [warning({ check: "redirect-key", subject, says: "the key that signs redirects may also write", remedy })];
}
