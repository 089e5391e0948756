/**
 * A gateway over stores, of which one gets into trouble, with objects that never change, and clients that note every
 * answer which is not clean.
 */
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import type { GatewayProcess } from "../support/gateway-process.ts";
import type { Chance } from "./chance.ts";
import { type Ask, openClient } from "./client.ts";
import { faultsOfCopies, untilSafe } from "./copies.ts";
import { type CrashRig, openCrashRig } from "./crash-rig.ts";
import { type Load, startLoad } from "./load.ts";
import { type Readers, type Stable, startReaders, writeStable } from "./readers.ts";
import type { Stores } from "./stores.ts";

export interface LoadedRig<S extends Stores = Stores> extends CrashRig<S> {
  /** Asks for a redirect with every read. */
  readonly askRedirected: Ask;
  /** Writes that were cut, and calls that were answered with 500, since the last call. */
  takeUnclean(): readonly string[];
  /** Reads of the writers that were cut, since the last call. */
  takeCut(): readonly string[];
  readonly stable: Stable;
}

export async function openLoadedRig<S extends Stores>(
  stores: S,
  config: Partial<GatewayConfigInput> = {},
): Promise<LoadedRig<S>> {
  let unclean: string[] = [];
  let cut: string[] = [];
  const open = ({ url: endpoint, accessKeyId, secretAccessKey }: GatewayProcess): Ask => {
    const ask = openClient({ endpoint, accessKeyId, secretAccessKey }, false);
    return async (request) => {
      const reply = await ask(request);
      if (reply === undefined && (request.method ?? "GET") === "GET") cut.push(`${request.path} was cut`);
      else if (reply === undefined || reply.status === 500)
        unclean.push(`${request.method ?? "GET"} ${request.path}: ${reply?.text ?? "cut"}`);
      return reply;
    };
  };
  const rig = await openCrashRig(stores, config, open);
  const { url, accessKeyId, secretAccessKey } = rig.gateway;
  return {
    ...rig,
    askRedirected: openClient({ endpoint: url, accessKeyId, secretAccessKey }, true),
    stable: await writeStable(rig.ask),
    takeUnclean() {
      const taken = unclean;
      unclean = [];
      return taken;
    },
    takeCut() {
      const taken = cut;
      cut = [];
      return taken;
    },
  };
}

export interface Traffic {
  /** Reads through the gateway. */
  readonly proxied: Readers;
  /** Reads that the gateway redirects; where the store fails, the gateway is asked again. */
  readonly redirected: Readers;
  readonly load: Load;
  stop(): Promise<void>;
}

/** `stable`: what is read; all that never changes unless told. */
export function startTraffic(rig: LoadedRig, chance: Chance, stable: Stable = rig.stable): Traffic {
  const proxied = startReaders(rig.ask, stable, chance);
  const redirected = startReaders(rig.askRedirected, stable, chance, rig.ask);
  const load = startLoad(rig.recorder, chance);
  return {
    proxied,
    redirected,
    load,
    stop: async () => void (await Promise.all([proxied.stop(), redirected.stop(), load.stop()])),
  };
}

/**
 * Waits for repair, and returns what is wrong then: with any answer so far, with any object, or with any copy of it on
 * these backends (all unless told).
 */
export async function faultsAfter(rig: LoadedRig, when: string, among?: readonly string[]): Promise<readonly string[]> {
  await rig.recorder.readAll(when);
  await untilSafe(rig.gateway);
  return [...rig.takeUnclean(), ...rig.ledger.violations.splice(0), ...(await faultsOfCopies(rig, rig.stable, among))];
}
