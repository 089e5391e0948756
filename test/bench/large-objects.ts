/**
 * Comparisons on objects of 256 MiB, several at once: seconds until all of them are there. Every object is read back
 * and compared once.
 */
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { type BenchOptions, type Comparison, type Figures, takeTurns } from "./comparison.ts";
import { forgetPeak, peakMiB } from "./memory.ts";
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
    target: { atMost: 1.3 },
    measure: (stage, options) => writeAll(stage, options, put),
  },
  {
    name: "put-parts",
    work: `PUT ${AT_ONCE} x ${BLOCKS} MiB at once in parts, on two`,
    unit: "seconds",
    target: { atMost: 1.3 },
    measure: (stage, options) => writeAll(stage, options, inParts),
  },
  {
    name: "get-large",
    work: `GET ${AT_ONCE} x ${BLOCKS} MiB at once, following`,
    unit: "seconds",
    target: { atMost: 1.1 },
    measure: readAll,
  },
  {
    name: "memory",
    work: `peak memory, PUT 8 x ${BLOCKS} MiB at once`,
    unit: "MiB",
    target: { atMost: 250 },
    measure: measureMemory,
  },
];

/** Against a client that writes each object to both MinIOs itself. */
async function writeAll({ minios, gateway }: Stage, { rounds }: BenchOptions, write: Write): Promise<Figures> {
  const all = (sides: readonly Side[], round: string): Promise<number> =>
    seconds(async () => {
      for (const result of await Promise.allSettled(
        contents(round).flatMap((content) => sides.map((side) => write(side, content.name, content))),
      ))
        if (result.status === "rejected") throw result.reason;
    });
  const figures = await takeTurns(
    rounds,
    (round) => all(minios, `direct-${round}`),
    (round) => all([gateway], `gateway-${round}`),
  );
  for (const [side, name, query] of [
    [minios[0], "direct-0", {}],
    [minios[1], "direct-0", {}],
    [gateway, "gateway-0", PROXY],
  ] as const)
    for (const content of contents(name))
      await checkContent(side.url + target(side, "GET", content.name, query), content);
  return figures;
}

async function readAll({ minios, gateway }: Stage, { rounds }: BenchOptions): Promise<Figures> {
  const written = contents("read");
  for (const content of written) for (const side of [minios[0], gateway]) await put(side, content.name, content);
  const all = (side: Side, query: Readonly<Record<string, string>>): Promise<number> =>
    seconds(async () => {
      const sizes = await Promise.all(written.map(({ name }) => get(side.url + target(side, "GET", name, query))));
      if (sizes.some((size) => size !== BLOCKS * MIB)) throw new Error(`${side.url} sent ${sizes.join(", ")} bytes`);
    });
  for (const content of written)
    await checkContent(gateway.url + target(gateway, "GET", content.name, REDIRECT), content);
  await all(minios[0], {});
  return takeTurns(
    rounds,
    () => all(minios[0], {}),
    () => all(gateway, REDIRECT),
  );
}

async function measureMemory({ gateway }: Stage): Promise<Figures> {
  await forgetPeak(gateway.server.pid);
  const written = contents("memory", 8);
  await Promise.all(written.map((content) => put(gateway, content.name, content)));
  const peak = await peakMiB(gateway.server.pid);
  for (const { name } of written) await gateway.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: name }));
  return { direct: [], gateway: [peak] };
}

function contents(name: string, count = AT_ONCE): Content[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${name}-${index}`, blocks: BLOCKS }));
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}
