/** The words after `npm run lab --`: pure. */
import { parseArgs } from "node:util";
import { CLIENT_MBIT, SERVER_MBIT } from "./regions.ts";

export interface LabOptions {
  /** Bytes of the objects that are read. */
  readonly sizes: readonly number[];
  /** Of every size; undefined: as many as the size allows. */
  readonly rounds: number | undefined;
  readonly clientMbit: number;
}

const SIZES: Readonly<Record<string, { readonly bytes: number; readonly rounds: number }>> = {
  "4KiB": { bytes: 4096, rounds: 8 },
  "1MiB": { bytes: 1024 ** 2, rounds: 4 },
  "64MiB": { bytes: 64 * 1024 ** 2, rounds: 2 },
};

export const USAGE = `usage: npm run lab -- [--only SIZE]... [--rounds N] [--rate MBIT]
  SIZE: ${Object.keys(SIZES).join(", ")}; only a run over all of them, at the usual rate, is written into docs/
  N: even, because a random copy is each of two by turns
  MBIT: the rate of a client's line, at most ${SERVER_MBIT}; ${CLIENT_MBIT} unless told
`;

/** Undefined: not understood. */
export function readOptions(words: readonly string[]): LabOptions | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: "string", multiple: true, default: Object.keys(SIZES) },
      rounds: { type: "string" },
      rate: { type: "string", default: `${CLIENT_MBIT}` },
    },
  });
  const sizes = values.only.map((name) => SIZES[name]?.bytes ?? 0);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  const clientMbit = Number(values.rate);
  const understood =
    sizes.every((bytes) => bytes > 0) &&
    (rounds === undefined || (rounds > 0 && rounds % 2 === 0)) &&
    Number.isInteger(clientMbit) &&
    clientMbit > 0 &&
    clientMbit <= SERVER_MBIT;
  return understood ? { sizes, rounds, clientMbit } : undefined;
}

export function roundsOf({ rounds }: LabOptions, bytes: number): number {
  return rounds ?? Object.values(SIZES).find((size) => size.bytes === bytes)?.rounds ?? 2;
}

/** What a page may quote. */
export function isWhole({ sizes, clientMbit }: LabOptions): boolean {
  return Object.values(SIZES).every(({ bytes }) => sizes.includes(bytes)) && clientMbit === CLIENT_MBIT;
}
