/**
 * Comparisons on objects of 256 MiB, several at once: the seconds until all of them are transferred. Every object is
 * read back and compared once.
 */
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { type BenchOptions, type Comparison, type Sample, type Samples, takeTurns } from "./comparison.ts";
import { forgetPeak, peakMiB } from "./memory.ts";
import { processorTimeOf } from "./processor-time.ts";
import { BUCKET, PROXY, REDIRECT, type Side, type Stage, target } from "./stage.ts";
import { type Content, checkContent, get, MIB, put, putInParts } from "./transfer.ts";

const BLOCKS = 256;
const AT_ONCE = 4;
const PART_BLOCKS = 16;
const PARTS_AT_ONCE = 3;

type Write = (side: Side, key: string, content: Content) => Promise<void>;
const inParts: Write = (side, key, content) => putInParts(side, key, content, PART_BLOCKS, PARTS_AT_ONCE);

export const largeObjects: readonly Comparison[] = [
  {
    name: "put-large",
    work: `PUT ${AT_ONCE} x ${BLOCKS} MiB at once, on two`,
    unit: "seconds",
    targets: [{ of: "figure", against: "direct", atMost: 1.25 }],
    measure: (stage, options) => writeAll(stage, options, put),
  },
  {
    name: "put-parts",
    work: `PUT ${AT_ONCE} x ${BLOCKS} MiB at once in parts, on two`,
    unit: "seconds",
    targets: [{ of: "figure", against: "direct", atMost: 1.4 }],
    measure: (stage, options) => writeAll(stage, options, inParts),
  },
  {
    name: "get-large",
    work: `GET ${AT_ONCE} x ${BLOCKS} MiB at once, following`,
    unit: "seconds",
    targets: [{ of: "figure", against: "direct", atMost: 1.1 }],
    measure: readAll,
  },
  {
    name: "memory",
    work: `peak memory, PUT 8 x ${BLOCKS} MiB at once`,
    unit: "MiB",
    targets: [{ of: "figure", against: undefined, atMost: 200 }],
    measure: measureMemory,
  },
];

/** Against a client that writes each object to both MinIOs itself. */
async function writeAll({ minios, gateway }: Stage, { rounds }: BenchOptions, write: Write): Promise<Samples> {
  const all = (sides: readonly Side[], round: string): Promise<Sample> =>
    seconds(sides, async () => {
      for (const result of await Promise.allSettled(
        contents(round).flatMap((content) => sides.map((side) => write(side, content.name, content))),
      ))
        if (result.status === "rejected") throw result.reason;
    });
  const samples = await takeTurns(rounds, {
    direct: (round) => all(minios, `direct-${round}`),
    gateway: (round) => all([gateway], `gateway-${round}`),
  });
  for (const [side, name, query] of [
    [minios[0], "direct-0", {}],
    [minios[1], "direct-0", {}],
    [gateway, "gateway-0", PROXY],
  ] as const)
    for (const content of contents(name))
      await checkContent(side.url + target(side, "GET", content.name, query), content);
  return samples;
}

async function readAll({ minios, gateway }: Stage, { rounds }: BenchOptions): Promise<Samples> {
  const written = contents("read");
  for (const content of written) for (const side of [minios[0], gateway]) await put(side, content.name, content);
  const all = (side: Side, query: Readonly<Record<string, string>>): Promise<Sample> =>
    seconds([side], async () => {
      const sizes = await Promise.all(written.map(({ name }) => get(side.url + target(side, "GET", name, query))));
      if (sizes.some((size) => size !== BLOCKS * MIB)) throw new Error(`${side.url} sent ${sizes.join(", ")} bytes`);
    });
  for (const content of written)
    await checkContent(gateway.url + target(gateway, "GET", content.name, REDIRECT), content);
  await all(minios[0], {});
  return takeTurns(rounds, { direct: () => all(minios[0], {}), gateway: () => all(gateway, REDIRECT) });
}

async function measureMemory({ gateway }: Stage): Promise<Samples> {
  await forgetPeak(gateway.server.pid);
  const written = contents("memory", 8);
  const { cpu } = await seconds([gateway], () =>
    Promise.all(written.map((content) => put(gateway, content.name, content))),
  );
  const peak = await peakMiB(gateway.server.pid);
  for (const { name } of written) await gateway.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: name }));
  return { gateway: [{ figure: peak, cpu }] };
}

function contents(name: string, count = AT_ONCE): Content[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${name}-${index}`, blocks: BLOCKS }));
}

/** How long it takes, and what it costs these sides. */
async function seconds(sides: readonly Side[], work: () => Promise<unknown>): Promise<Sample> {
  const begun = performance.now();
  const pids = sides.map(({ server }) => server.pid);
  const { cpu } = await processorTimeOf(pids, async () => {
    await work();
    return { requests: 1 };
  });
  return { figure: (performance.now() - begun) / 1000, cpu };
}
