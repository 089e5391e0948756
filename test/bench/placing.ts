/**
 * What it costs to find the closest of five copies for clients at random addresses, none of which was seen before:
 * beside the signature of the redirect that follows, in the same run and by turns.
 */
import { openBackend } from "../../src/backends/kinds.ts";
import { type ClientMapRow, clientPlaceReader } from "../../src/delivery/client-place.ts";
import { orderByProximity } from "../../src/delivery/proximity.ts";
import { openGeography } from "../../src/geography/geography.ts";
import { openLog } from "../../src/log.ts";

export interface Placing {
  readonly work: string;
  readonly perSecond: number;
  /** Its time to that of a signature. */
  readonly ratio: number;
  readonly met: boolean;
}

const CHOICES = 100_000;
const ROWS = 10_000;
const AT_MOST = 2;
const regions = [
  { name: "new-york", latitude: 40.71, longitude: -74.01 },
  { name: "toronto", latitude: 43.65, longitude: -79.38 },
  { name: "singapore", latitude: 1.35, longitude: 103.82 },
  { name: "bangalore", latitude: 12.97, longitude: 77.59 },
  { name: "amsterdam", latitude: 52.37, longitude: 4.9 },
];
const candidates = regions.map((at) => ({
  name: at.name,
  region: at.name,
  coordinates: at,
  latencyMs: 20,
  egressCost: 0,
  capacity: 1,
}));
const byte = () => Math.floor(Math.random() * 256);
const group = () => Math.floor(Math.random() * 65_536).toString(16);
const ADDRESS = {
  IPv4: () => [byte(), byte(), byte(), byte()].join("."),
  IPv6: () => ["2a00", ...Array.from({ length: 7 }, group)].join(":"),
};

export async function measurePlacing(rounds: number): Promise<readonly Placing[]> {
  const geography = await openGeography({ countries: "builtin", databases: [] }, openLog("silent"));
  const sign = await signer();
  const map = Array.from({ length: ROWS }, (_, n) => ({ cidr: `10.${n >> 8}.${n & 255}.0/24`, region: "toronto" }));
  const results: Placing[] = [];
  for (const version of ["IPv4", "IPv6"] as const)
    for (const [what, clientMap] of [
      ["", []],
      [` with ${ROWS} rows in clientMap`, map],
    ] as const) {
      const choose = chooser(clientMap, geography);
      timeOf(Array.from({ length: CHOICES }, ADDRESS[version]), choose);
      const times: { readonly own: number; readonly signature: number }[] = [];
      for (let round = 0; round < rounds; round++) {
        const addresses = Array.from({ length: CHOICES }, ADDRESS[version]);
        times.push({ own: timeOf(addresses, choose), signature: timeOf(addresses, sign) });
      }
      const [own, signature] = [median(times.map((each) => each.own)), median(times.map((each) => each.signature))];
      const ratio = own / signature;
      results.push({ work: `random ${version} addresses${what}`, perSecond: 1000 / own, ratio, met: ratio <= AT_MOST });
    }
  await geography.close();
  return results;
}

function chooser(clientMap: readonly ClientMapRow[], geography: Awaited<ReturnType<typeof openGeography>>) {
  const placeOf = clientPlaceReader({ clientMap, regions, geography });
  return (clientAddress: string) =>
    orderByProximity(candidates, placeOf({ clientAddress, headers: {}, trustedPeer: false }), Math.random);
}

async function signer(): Promise<(text: string) => unknown> {
  const backend = await openBackend({
    kind: "s3",
    name: "one",
    region: "one",
    endpoint: "http://127.0.0.1:1",
    publicEndpoint: "http://one.example:9000",
    bucket: "blobs",
    accessKeyId: "AK",
    secretAccessKey: "SK",
    replayedHeaders: "tolerate",
  });
  const now = new Date();
  return (key) => backend.signedUrl(key, { now, expiresSeconds: 120, responseOverrides: {}, replyHeaders: {} });
}

/** Milliseconds of processor for one. */
function timeOf(texts: readonly string[], work: (text: string) => unknown): number {
  const began = process.cpuUsage();
  for (const text of texts) work(text);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000 / texts.length;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
