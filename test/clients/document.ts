/** docs/client-matrix.md, from what the clients did. */
import type { Client } from "./client.ts";
import { isRefusal, type Outcome } from "./run-client.ts";

/** What one run of a client came to. */
export interface Record {
  readonly version: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly outcomes: readonly Outcome[];
}

const SIGNS = { right: "✔", failed: "✖", "its own": "own", "not offered": "–" } as const;

export function documentOf(clients: readonly Client[], records: ReadonlyMap<string, Record>): string {
  const rows = clients.flatMap((client) => {
    const record = records.get(client.name);
    return record === undefined ? [] : [{ client, ...record }];
  });
  const cases = rows[0]?.outcomes.map((outcome) => outcome.case) ?? [];
  const outcome = (row: (typeof rows)[number], name: string) => row.outcomes.find((one) => one.case === name);
  const reads = cases.filter((name) => rows.some((row) => outcome(row, name)?.from !== undefined));
  const others = cases.filter((name) => !reads.includes(name));
  const notes = rows.flatMap(({ client, outcomes }) =>
    outcomes.filter(({ why }) => why !== undefined).map((one) => ({ client: client.name, ...one })),
  );
  return `# The client matrix

Real clients against a gateway in front of a MinIO and in front of a node: what each reads, where the bytes came from, and what else it does. This page is written by \`npm run clients\`,
which installs what is missing and runs every case anew, in a quarter of an hour on two busy cores; \`npm run clients -- NAME ...\` renews the rows of these clients. [clients.md](clients.md) says how each is set up,
[redirects.md](redirects.md) explains the rules.

## Where the bytes come from

**store**: straight from the backend, as a counting line before it saw; **gateway**: through the gateway. Behind it the rules that decided. The mode is \`auto\` but for the column "mode always", where the gateway redirects
everybody: a client that does not follow then reports an error, or comes back and is served through the gateway (rule 4).

${table(
  ["client", "version", "family", "tested", ...reads],
  rows.map((row) => [
    row.client.name,
    row.version,
    `\`${row.outcomes.flatMap(({ families }) => families).find((name) => name !== "none" && name !== "unknown") ?? row.client.family}\``,
    row.date,
    ...reads.map((name) => readCell(outcome(row, name))),
  ]),
)}

A range has 1.5 MiB, a resumed download the last 2 MiB of three. "GET in parts" reads an object that was uploaded in parts of 5 MiB, from a node: what other stores hold of such an object has another ETag, so
reads from there are streamed (rule 10).

## Everything else

✔ right: the bytes by their sha256, and the headers that the client tells; ✖ failed; own: failed, and
fails straight at a MinIO without a gateway too; – not offered by the client.

${table(
  ["client", ...others],
  rows.map((row) => [row.client.name, ...others.map((name) => SIGNS[outcome(row, name)?.verdict ?? "not offered"])]),
)}

Special keys: a space, \`+\`, letters beyond ASCII, \`%2F\` as such, and the signs \`&=;'()~\`.

## Remarks

${table(
  ["client", "case", "", "what"],
  notes
    .filter((one) => one.verdict !== "not offered" && !isRefusal(one))
    .map((one) => [one.client, one.case, SIGNS[one.verdict], one.why ?? ""]),
)}

## Not offered

${table(
  ["client", "cases", "why"],
  grouped(notes.filter(({ verdict }) => verdict === "not offered")).map((one) => [
    one.client,
    one.cases.join(", "),
    one.why,
  ]),
)}

## Not in the matrix

| program | why |
| --- | --- |
| restic | keeps packs of its own and no object by name; it reads as minio-go does. [clients.md](clients.md#restic) backs up and restores with it, in a test |
| aws-sdk-php | is installed by composer only |
| aws-sdk-java 1, Hadoop's S3A | at their end of life, or on aws-sdk-java 2 |
| mountpoint-s3 | has no package here; s3torchconnector is on the same client |
`;
}

function readCell(outcome: Outcome | undefined): string {
  if (outcome === undefined || outcome.verdict === "not offered") return "–";
  if (isRefusal(outcome)) return `reports an error (${outcome.decisions.join(", ")})`;
  return `${SIGNS[outcome.verdict]} ${outcome.from} (${outcome.decisions.join(", ")})`;
}

function grouped(notes: readonly { client: string; case: string; why: string | undefined }[]) {
  const groups = new Map<string, { client: string; why: string; cases: string[] }>();
  for (const { client, why = "", case: name } of notes) {
    const group = groups.get(`${client}\n${why}`) ?? { client, why, cases: [] };
    group.cases.push(name);
    groups.set(`${client}\n${why}`, group);
  }
  return [...groups.values()];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
