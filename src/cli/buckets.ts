/** `nearbucket buckets`: what S3 does not show of a bucket: settings, and what it takes up. By a running gateway. */
import { readFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { parsePlacement, parseReadReplicas, placementText, readReplicasText } from "../contract/bucket-texts.ts";
import { bucket, bucketUsage, type Placement } from "../contract/objects.ts";
import { path } from "./api-client.ts";
import { columns } from "./columns.ts";
import { count, size } from "./layout.ts";
import { wholeNumber } from "./options.ts";
import { type ReachOptions, reachApi, withReach } from "./reach.ts";
import { allPages } from "./remote/pages.ts";
import type { Terminal } from "./terminal.ts";

type Bucket = ReturnType<typeof bucket.parse>;
type Usage = ReturnType<typeof bucketUsage.parse>;

interface Options extends ReachOptions {
  readonly json?: true;
}

interface SetOptions extends Options {
  readonly dedup?: string;
  readonly redirect?: string;
  readonly copies?: number | typeof DEFAULT;
  readonly minimumCopies?: number | typeof DEFAULT;
  readonly cors?: string;
  readonly placement?: Placement | typeof DEFAULT;
  readonly readReplicas?: ReturnType<typeof parseReadReplicas> | typeof DEFAULT;
}

/** In place of a value: what the gateway's configuration says. */
const DEFAULT = "default";
const number = wholeNumber(1, 16);

export function addBuckets(program: Command, terminal: Terminal): void {
  const buckets = program.command("buckets").description("settings of buckets, and what they take up");
  withReach(buckets.command("list").description("list buckets with the settings that hold in each"))
    .option("--json", "as one JSON document")
    .action(async ({ json, ...options }: Options) => {
      const all = await allPages(await reachApi(options, terminal), "/buckets", bucket);
      terminal.print(json ? JSON.stringify(all, undefined, 2) : listText(all));
    });
  withReach(buckets.command("show").description("show a bucket's settings, and what it takes up").argument("<bucket>"))
    .option("--json", "as one JSON document")
    .action(async (name: string, { json, ...options }: Options) => {
      const api = await reachApi(options, terminal);
      const shown = await api.call("GET", path`/buckets/${name}`, bucket);
      const usage = await api.call("GET", path`/buckets/${name}/usage`, bucketUsage);
      terminal.print(json ? JSON.stringify({ ...shown, usage }, undefined, 2) : showText(shown, usage));
    });
  addSet(buckets, terminal);
}

function addSet(buckets: Command, terminal: Terminal): void {
  const orDefault =
    <T>(read: (text: string) => T) =>
    (text: string) =>
      text === DEFAULT ? DEFAULT : read(text);
  withReach(
    buckets.command("set").description("change settings of a bucket; default: as the gateway's").argument("<bucket>"),
  )
    .addOption(
      new Option("--dedup <scope>", "with what equal content is stored once").choices([
        "account",
        "global",
        "bucket",
        "off",
        DEFAULT,
      ]),
    )
    .addOption(new Option("--redirect <mode>", "its redirect mode").choices(["off", "auto", "always", DEFAULT]))
    .option("--copies <number>", "copies that each object has", orDefault(number))
    .option("--minimum-copies <number>", "copies that a write waits for", orDefault(number))
    .option(
      "--placement <where>",
      "any, nearest-writer, or the only regions, with commas between them",
      orDefault(parsePlacement),
    )
    .option(
      "--read-replicas <rule>",
      "copies near readers: off, or afterReads=100,max=1,ttlHours=24 or some of these",
      orDefault(parseReadReplicas),
    )
    .option("--cors <file>", "a JSON file with CORS rules, as show --json prints them")
    .option("--json", "as one JSON document")
    .action(
      async (
        name: string,
        { json, dedup, redirect, copies, minimumCopies, placement, readReplicas, cors: file, ...options }: SetOptions,
      ) => {
        const cors = file === undefined || file === DEFAULT ? file : await readRules(file);
        const change = Object.fromEntries(
          Object.entries({ dedup, redirect, copies, minimumCopies, placement, readReplicas, cors }).flatMap(
            ([key, value]) => (value === undefined ? [] : [[key, value === DEFAULT ? null : value]]),
          ),
        );
        if (Object.keys(change).length === 0)
          throw new Error(
            "say what to change: --dedup, --redirect, --copies, --minimum-copies, --placement, " +
              "--read-replicas or --cors",
          );
        const api = await reachApi(options, terminal);
        const changed = await api.call("PATCH", path`/buckets/${name}`, bucket, { body: change });
        terminal.print(json ? JSON.stringify(changed, undefined, 2) : listText([changed]));
      },
    );
}

async function readRules(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is not JSON`, { cause });
  }
}

function listText(all: readonly Bucket[]): string {
  const rows = all.map((one) => [one.name, one.owner, one.createdAt.slice(0, 10), ...settingsOf(one)]);
  return columns([
    ["BUCKET", "OWNER", "CREATED", "DEDUP", "REDIRECT", "COPIES", "WRITES WAIT FOR", "PLACEMENT", "READ REPLICAS"],
    ...rows,
  ]);
}

/** What was set in the bucket itself is marked. */
function settingsOf({ settings, effective }: Bucket): readonly [string, string, string, string, string, string] {
  const marked = (text: string, own: unknown) => (own === undefined ? text : `${text} (set)`);
  return [
    marked(effective.dedup, settings.dedup),
    marked(effective.redirect, settings.redirect),
    marked(String(effective.copies), settings.copies),
    marked(copiesText(effective.minimumCopies), settings.minimumCopies),
    marked(placementText(effective.placement), settings.placement),
    marked(readReplicasText(effective.readReplicas), settings.readReplicas),
  ];
}

function corsText({ allowedOrigins, allowedMethods }: Bucket["effective"]["cors"][number]): string {
  return `pages of ${allowedOrigins.join(", ")}: ${allowedMethods.join(", ")}`;
}

function copiesText(number: number): string {
  return number === 1 ? "1 copy" : `${number} copies`;
}

function showText(shown: Bucket, { objects, logicalBytes, uniqueBytes, ownBytes }: Usage): string {
  const [dedup, redirect, copies, writes, placement, readReplicas] = settingsOf(shown);
  const rows = [
    ["bucket", `${shown.name}, of ${shown.owner}, since ${shown.createdAt.slice(0, 10)}`],
    ["objects", `${count(objects)}, ${size(logicalBytes)}`],
    ["stored", `${size(uniqueBytes)} of unlike content: ${size(Math.max(0, logicalBytes - uniqueBytes))} saved`],
    ["only here", `${size(ownBytes)} that no other bucket refers to`],
    ["dedup", dedup],
    ["redirect", redirect],
    ["copies", copies],
    ["writes", `wait for ${writes}`],
    ["placement", placement],
    ["read replicas", readReplicas],
    ...(shown.takesOver === undefined ? [] : [["takes over", `${shown.takesOver}: what it lacks is read there`]]),
    ...shown.effective.cors.map((rule, index) => [index === 0 ? "cors" : "", corsText(rule)]),
  ];
  return columns(rows);
}
