/** `nearbucket explain`: which copy of an object a client would get, and why, by a running gateway. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Explanation, explanation } from "../contract/explain.ts";
import { columns } from "./columns.ts";
import { askShares, readAddresses, sharesText } from "./explain-shares.ts";
import { wrap } from "./layout.ts";
import { type ReachOptions, reachApi, withReach } from "./reach.ts";
import type { Terminal } from "./terminal.ts";

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

interface Options extends ReachOptions {
  readonly bucket?: string;
  readonly key?: string;
  readonly ip?: string;
  readonly from?: string;
  readonly at?: Place;
  readonly client?: string;
  readonly steps?: true;
  readonly json?: true;
}

interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

export function addExplain(program: Command, terminal: Terminal): void {
  withReach(program.command("explain").description("show which copy of an object a client would get, and why"))
    .argument("[bucket/key]", "the object", objectName)
    .option("--bucket <bucket>", "its bucket, in place of the argument")
    .option("--key <key>", "its key, in place of the argument")
    .option("--ip <address>", "the client's IP address; without it: where this command runs")
    .option("--at <lat,long>", "where the client is, in place of what its address says", place)
    .option("--client <user-agent>", "the client's User-Agent, such as rclone/v1.70")
    .option("--steps", "each rule that was asked")
    .addOption(
      new Option("--from <file>", "how many of the clients in a file, an address a line, each region would serve")
        // What one client alone can be asked about.
        .conflicts(["ip", "at", "client", "steps"]),
    )
    .option("--json", "as one JSON document")
    .action(async (named: ObjectName | undefined, { from, ip, at, client, steps, json, ...options }: Options) => {
      const object = named ?? objectIn(options);
      const addresses = from === undefined ? undefined : await readAddresses(from, terminal);
      const api = await reachApi(options, terminal);
      if (addresses !== undefined) {
        const asked = await askShares(api, object, addresses);
        return terminal.print(json ? JSON.stringify(asked, undefined, 2) : sharesText(asked));
      }
      const query = { ...object, address: ip, ...at, userAgent: client };
      const explained = await api.call("GET", "/explain", explanation, { query });
      terminal.print(json ? JSON.stringify(explained, undefined, 2) : explainText(explained, steps === true));
    });
}

function objectIn({ bucket, key }: Options): ObjectName {
  if (bucket !== undefined && key !== undefined) return { bucket, key };
  throw new Error("name the object: BUCKET/KEY, or --bucket and --key");
}

function objectName(text: string): ObjectName {
  const [, bucket, key] = /^(?:s3:\/\/)?([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (bucket === undefined || key === undefined) throw new InvalidArgumentError("expected BUCKET/KEY");
  return { bucket, key };
}

function place(text: string): Place {
  const [, latitude, longitude] = /^\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*$/.exec(text)?.map(Number) ?? [];
  if (latitude === undefined || longitude === undefined || !(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
    throw new InvalidArgumentError("expected degrees of latitude and longitude, such as 43.65,-79.38");
  return { latitude, longitude };
}

export function explainText({ client, replicas, left, answer, steps }: Explanation, withSteps: boolean): string {
  const lines = [
    row("client", `${client.address}${placeText(client)}; ${kindText(client)}`),
    row("replicas", [...replicas.map(replicaText), ...left.map(({ backend, why }) => `${backend}: ${why}`)].join("; ")),
    row("chosen", answer.backend ?? "none: no replica can be read"),
    ...insteadRows(answer, replicas),
    row("answer", `${answer.kind === "redirect" ? "307" : "proxied"}, rule ${answer.rule}: ${answer.because}`),
  ];
  if (!withSteps) return lines.join("\n");
  const asked = steps.map(({ rule, outcome, why }) => [rule, outcome, why]);
  return `${lines.join("\n")}\n\n${columns([["RULE", "OUTCOME", "WHY"], ...asked])}`;
}

/** Why not the closest one, where another was chosen. */
function insteadRows({ backend }: Explanation["answer"], [closest]: Explanation["replicas"]): readonly string[] {
  if (backend === undefined || closest === undefined || closest.backend === backend) return [];
  return [row("instead", `of ${replicaText(closest)}`)];
}

const WIDTH = 10;

function row(name: string, text: string): string {
  return wrap(`${name.padEnd(WIDTH)}${text}`, " ".repeat(WIDTH));
}

function kindText({ family }: Explanation["client"]): string {
  return family === "none" ? "a program that is not known" : family;
}

function placeText({ region, coordinates, source, country }: Explanation["client"]): string {
  if (region !== undefined) return `, in ${region} by the client map`;
  if (coordinates === undefined) return ", nobody knows where";
  const at = `at ${coordinates.latitude},${coordinates.longitude}`;
  if (source === "country") return `, in ${country} by country data`;
  return source === "city" ? `, ${at}${country === undefined ? "" : ` in ${country}`} by city data` : `, ${at}`;
}

function replicaText({
  backend,
  distanceKm,
  latencyMs,
  readReplicaUntil,
  notRedirectable,
}: Explanation["replicas"][number]): string {
  const facts = [
    ...(distanceKm === undefined ? [] : [`${Math.round(distanceKm).toLocaleString("en-US")} km`]),
    ...(latencyMs === undefined ? [] : [`${Math.round(latencyMs)} ms`]),
    ...(readReplicaUntil === undefined ? [] : [`read replica until ${readReplicaUntil}`]),
    ...(notRedirectable === undefined ? [] : [`no redirect: ${notRedirectable}`]),
  ];
  return facts.length === 0 ? backend : `${backend} (${facts.join(", ")})`;
}
