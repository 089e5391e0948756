/** Is the database the one that this configuration belongs to, and what does it say of jobs that fail? */
import type { RegisteredBackend } from "../../metadata/backends.ts";
import { STUCK_AFTER } from "../../metadata/jobs.ts";
import type { Metadata } from "../../metadata/metadata.ts";
import { judgeClock } from "./clocks.ts";
import { error, type Finding, ok, warning } from "./finding.ts";

export interface DatabaseCheck {
  readonly metadata: Metadata;
  /** Of the configuration. */
  readonly backends: readonly { readonly name: string; readonly draining: boolean }[];
}

export async function checkDatabase({ metadata, backends }: DatabaseCheck): Promise<readonly Finding[]> {
  const sentAt = new Date();
  const { name, version, now, bytes, schema } = await metadata.facts();
  const receivedAt = new Date();
  const size = `${Math.ceil(bytes / 1024 ** 2)} MiB`;
  const registered = await metadata.backends.list();
  const named = await metadata.backends.namesInUse();
  return [
    ok("database", undefined, `${name} ${version}, schema ${schema}, ${size}`),
    ...(now === undefined ? [] : [judgeClock("database", `the clock of ${name}`, { sentAt, told: now, receivedAt })]),
    ...named.flatMap((subject) => missing(subject, backends, registered)),
    ...backends.flatMap((backend) => stateAtOdds(backend, registered)),
    ...(await stuckJobs(metadata)),
  ];
}

function missing(
  subject: string,
  backends: DatabaseCheck["backends"],
  registered: readonly RegisteredBackend[],
): readonly Finding[] {
  const row = registered.find(({ name }) => name === subject);
  if (backends.some(({ name }) => name === subject) || row?.config !== undefined || row?.state === "removed") return [];
  return [
    error({
      check: "configured",
      subject,
      says: "the database has replicas on it, but the configuration does not name it",
      remedy: "Put it back into the configuration. To give it up: nearbucket backends drain, then remove.",
    }),
  ];
}

function stateAtOdds(
  { name: subject, draining }: DatabaseCheck["backends"][number],
  registered: readonly RegisteredBackend[],
): readonly Finding[] {
  const row = registered.find(({ name }) => name === subject);
  if (row?.state === "removed")
    return [
      warning({
        check: "configured",
        subject,
        says: "the configuration names it, but it was removed",
        remedy: "Take it out of the configuration; a store that is to be used again needs a new name.",
      }),
    ];
  if (!draining || row === undefined || row.state === "draining") return [];
  return [ok("configured", subject, "is being emptied, because the configuration says so")];
}

async function stuckJobs(metadata: Metadata): Promise<readonly Finding[]> {
  const stuck = (await metadata.failingJobs(10)).filter(({ attempts }) => attempts >= STUCK_AFTER);
  return stuck.map(({ kind, jobs, attempts, reason }) =>
    warning({
      check: "jobs",
      subject: kind,
      says: `${jobs} ${jobs === 1 ? "job has" : "jobs have"} failed up to ${attempts} times: ${reason}`,
      remedy: "They are tried again at least every hour: put right what they say.",
    }),
  );
}
