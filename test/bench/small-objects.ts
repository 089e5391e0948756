/** Comparisons on objects of 4 KiB: requests per second with 32 connections. */
import { randomBytes } from "node:crypto";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { type BenchOptions, type Comparison, type Sample, takeTurns } from "./comparison.ts";
import { measureRate, type Replay } from "./replay.ts";
import { type BareServer, BUCKET, PROXY, REDIRECT, type Side, type Stage, target } from "./stage.ts";

const SIZE = 4096;
/** Uncounted, on both sides: what a server does in its first seconds it does compiling. */
const WARM_SECONDS = 8;
/** Objects that are read, each in its turn. */
const READ = 1000;
/** Keys that are written in one round, before they are written again. */
const WRITTEN = 20_000;
/** An answer that carries the object, with its head; one that carries none. */
const WITH_OBJECT = { atLeast: SIZE, atMost: SIZE + 2048 };
const WITHOUT_OBJECT = { atLeast: 100, atMost: 3000 };

export const smallObjects: readonly Comparison[] = [
  {
    name: "get-redirect",
    work: "GET 4 KiB, answered by a redirect",
    unit: "per second",
    targets: [{ of: "cpu", against: "koa", atMost: 2.2 }],
    measure: (stage, options) => read(stage, options, REDIRECT, WITHOUT_OBJECT),
  },
  {
    name: "get-proxy",
    work: "GET 4 KiB, through the gateway, never from memory",
    unit: "per second",
    targets: [{ of: "cpu", against: "pipe", atMost: 1.6 }],
    config: { cache: { bytes: 0 } },
    measure: (stage, options) => read(stage, options, PROXY, WITH_OBJECT),
  },
  {
    name: "get-hot",
    work: "GET 4 KiB, from the gateway's memory",
    unit: "per second",
    targets: [
      { of: "cpu", against: "koa", atMost: 2.6 },
      { of: "figure", against: "direct", atLeast: 0.8 },
    ],
    measure: (stage, options) => read(stage, options, PROXY, WITH_OBJECT),
  },
  {
    name: "put-unique",
    work: "PUT 4 KiB, new content, on two",
    unit: "per second",
    targets: [
      { of: "cpu", against: "direct", atMost: 0.75 },
      { of: "figure", against: "direct", atLeast: 0.6 },
    ],
    measure: writeUnique,
  },
  ...(["off", "ack"] as const).map(
    (mode): Comparison => ({
      name: `put-unique-${mode}`,
      work: `PUT 4 KiB, new content, journal ${mode}`,
      unit: "per second",
      // Acknowledged by the journal, unique content keeps 0.8 of its rate.
      targets: [{ of: "figure", against: "direct", atLeast: mode === "ack" ? 0.48 : 0.6 }],
      config: { journal: { mode } },
      measure: writeUnique,
    }),
  ),
  {
    name: "put-known",
    work: "PUT 4 KiB, known content",
    unit: "per second",
    targets: [{ of: "figure", against: "direct", atLeast: 1.8 }],
    measure: writeKnown,
  },
];

async function read(
  { minios, gateway, koa, pipe, folder, wrk }: Stage,
  { rounds, seconds }: BenchOptions,
  query: Readonly<Record<string, string>>,
  answer: typeof WITH_OBJECT,
) {
  const direct = minios[0];
  const contents = await fill([direct.s3, gateway.s3]);
  const keys = [...contents.keys()];
  const targets = {
    direct: keys.map((key) => target(direct, "GET", key)),
    gateway: keys.map((key) => target(gateway, "GET", key, query)),
  };
  for (const at of [0, 1, READ / 2, READ - 1])
    await checkRead(gateway, targets.gateway[at] ?? "", contents.get(keys[at] ?? ""), query === REDIRECT ? 307 : 200);
  const rate = (
    { url, server }: BareServer,
    list: readonly string[],
    expected: typeof answer,
    time: number,
  ): Promise<Sample> =>
    measureRate({ origin: url, targets: list, method: "GET", seconds: time }, folder, wrk, expected, [server.pid]);
  const contestants = {
    direct: (time: number) => rate(direct, targets.direct, WITH_OBJECT, time),
    gateway: (time: number) => rate(gateway, targets.gateway, answer, time),
    koa: (time: number) => rate(koa, ["/"], WITHOUT_OBJECT, time),
    pipe: (time: number) => rate(pipe, ["/"], WITH_OBJECT, time),
  };
  for (const one of Object.values(contestants)) await one(WARM_SECONDS);
  return takeTurns(rounds, {
    direct: () => contestants.direct(seconds),
    gateway: () => contestants.gateway(seconds),
    koa: () => contestants.koa(seconds),
    pipe: () => contestants.pipe(seconds),
  });
}

/** Against a client that writes each object to both MinIOs itself: a pair counts once. */
async function writeUnique({ minios, gateway, folder, wrk }: Stage, { rounds, seconds }: BenchOptions) {
  const body = randomBytes(SIZE);
  const write = (side: Side, tag: string, time = seconds): Promise<Sample> =>
    measureRate({ ...writing(side, tag, time), body, tag }, folder, wrk, WITHOUT_OBJECT, [side.server.pid]);
  for (const side of [minios[0], gateway]) await write(side, "warm", WARM_SECONDS);
  const samples = await takeTurns(rounds, {
    direct: async (round) => {
      const both = await Promise.all([write(minios[0], `direct${round}`), write(minios[1], `direct${round}`)]);
      return meanOf(both);
    },
    gateway: (round) => write(gateway, `gateway${round}`),
  });
  for (const side of [...minios, gateway])
    await checkWritten(side.s3, `${side === gateway ? "gateway" : "direct"}0`, body);
  return samples;
}

/** Of two MinIOs that did the same: what one of them did. */
function meanOf([first, second]: readonly [Sample, Sample]): Sample {
  const mean = (of: (sample: Sample) => number): number => (of(first) + of(second)) / 2;
  return {
    figure: mean(({ figure }) => figure),
    cpu: { user: mean(({ cpu }) => cpu.user), system: mean(({ cpu }) => cpu.system) },
  };
}

async function writeKnown({ minios, gateway, folder, wrk }: Stage, { rounds, seconds }: BenchOptions) {
  const body = randomBytes(SIZE);
  const write = (side: Side, tag: string, time = seconds): Promise<Sample> =>
    measureRate({ ...writing(side, `known-${tag}`, time), body }, folder, wrk, WITHOUT_OBJECT, [side.server.pid]);
  for (const { s3 } of [minios[0], gateway])
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "known", Body: body }));
  const before = await blobs(gateway);
  for (const side of [minios[0], gateway]) await write(side, "warm", WARM_SECONDS);
  const samples = await takeTurns(rounds, {
    direct: (round) => write(minios[0], `${round}`),
    gateway: (round) => write(gateway, `${round}`),
  });
  if ((await blobs(gateway)) !== before) throw new Error("known content was stored again");
  return samples;
}

function writing(side: Side, name: string, seconds: number): Replay {
  const targets = Array.from({ length: WRITTEN }, (_, index) => target(side, "PUT", `${name}/${index}`));
  return { origin: side.url, targets, method: "PUT", seconds };
}

/** The same objects on all of these, by key. */
async function fill(clients: readonly S3Client[]): Promise<Map<string, Buffer>> {
  const contents = new Map(Array.from({ length: READ }, (_, index) => [`read/${index}`, randomBytes(SIZE)]));
  for (const client of clients) {
    const waiting = [...contents];
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop())
        await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: next[0], Body: next[1] }));
    };
    await Promise.all(Array.from({ length: 16 }, work));
  }
  return contents;
}

async function checkRead(side: Side, path: string, content: Buffer | undefined, status: number): Promise<void> {
  const answer = await fetch(side.url + path, { redirect: "manual" });
  const location = answer.headers.get("location");
  const bytes = Buffer.from(await (location === null ? answer : await fetch(location)).arrayBuffer());
  if (answer.status !== status || content === undefined || !bytes.equals(content))
    throw new Error(`${side.url} answered ${answer.status} with ${bytes.length} bytes`);
}

async function checkWritten(client: S3Client, name: string, body: Buffer): Promise<void> {
  // wrk asks for the first request of all and never sends it.
  for (const index of [1, 2, 3]) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: `${name}/${index}` }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    const head = `${name}-00-`;
    if (!bytes.toString("latin1").startsWith(head) || !bytes.subarray(64).equals(body.subarray(64)))
      throw new Error(`${name}/${index} holds other bytes than were written`);
  }
}

async function blobs(gateway: Stage["gateway"]): Promise<number> {
  return (JSON.parse(await gateway.command("stats", "--json")) as { blobs: number }).blobs;
}
