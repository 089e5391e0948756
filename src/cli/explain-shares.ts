/** `nearbucket explain --from FILE`: how many of these clients each region would serve, by a running gateway. */
import { readFile } from "node:fs/promises";
import { MOST_ADDRESSES, type Shares, shares } from "../contract/explain.ts";
import type { Api } from "./api-client.ts";
import { columns } from "./columns.ts";
import { count } from "./layout.ts";
import type { Terminal } from "./terminal.ts";

interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/** `file`: an address a line; `-` is standard input. Blank lines and those that begin with `#` count for nothing. */
export async function readAddresses(file: string, { readInput }: Terminal): Promise<readonly string[]> {
  const lines = (await (file === "-" ? readInput() : readFile(file, "utf8"))).split("\n");
  const addresses = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (addresses.length === 0) throw new Error(`${file} has no addresses: one a line is expected`);
  return addresses;
}

export async function askShares(api: Api, object: ObjectName, addresses: readonly string[]): Promise<Shares> {
  const answers: Shares[] = [];
  for (let from = 0; from < addresses.length; from += MOST_ADDRESSES) {
    const body = { ...object, addresses: addresses.slice(from, from + MOST_ADDRESSES) };
    answers.push(await api.call("POST", "/explain/shares", shares, { body }));
  }
  return sumOf(answers);
}

export function sumOf(all: readonly Shares[]): Shares {
  const names = [...new Set(all.flatMap(({ regions }) => regions.map(({ region }) => region)))];
  const regions = names.map((name) => {
    const parts = all.flatMap((one) => one.regions.filter(({ region }) => region === name));
    const sum = (of: (part: (typeof parts)[number]) => number) => parts.reduce((total, part) => total + of(part), 0);
    const placed = sum((part) => part.placed);
    const km = sum((part) => (part.meanKm ?? 0) * part.placed);
    return {
      ...{ region: name, addresses: sum((part) => part.addresses), placed },
      ...(placed > 0 && { meanKm: Math.round(km / placed) }),
    };
  });
  return {
    regions: regions.sort((one, other) => other.addresses - one.addresses),
    streamed: all.reduce((total, one) => total + one.streamed, 0),
  };
}

export function sharesText({ regions, streamed }: Shares): string {
  const total = streamed + regions.reduce((sum, { addresses }) => sum + addresses, 0);
  const share = (addresses: number) => `${((100 * addresses) / total).toFixed(1)} %`;
  const rows = regions.map(({ region, addresses, placed, meanKm }) => [
    region,
    count(addresses),
    share(addresses),
    meanKm === undefined ? "-" : `${count(meanKm)} km`,
    count(addresses - placed),
  ]);
  if (streamed > 0) rows.push(["by the gateway", count(streamed), share(streamed), "-", "-"]);
  const heading = ["REGION", "ADDRESSES", "SHARE", "MEAN DISTANCE", "PLACE UNKNOWN"];
  return columns([heading, ...rows], heading.slice(1));
}
