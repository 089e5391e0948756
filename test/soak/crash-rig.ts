/**
 * A gateway process that can be killed and restarted, the stores that outlive it, and the ledger of what it
 * acknowledged. Clients reach the gateway through a proxy that can hold its answers.
 */
import { join } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { type GatewayProcess, startGatewayProcess } from "../support/gateway-process.ts";
import { type S3Proxy, startS3Proxy } from "../support/s3-proxy.ts";
import { differences, readBooks } from "./books.ts";
import { type Ask, openClient } from "./client.ts";
import { Ledger } from "./ledger.ts";
import { openRecorder, type Recorder } from "./recorder.ts";
import { settle } from "./settle.ts";
import type { Stores } from "./stores.ts";

export interface CrashRig<S extends Stores = Stores> extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly databaseFile: string;
  /** In front of the gateway. */
  readonly front: S3Proxy;
  readonly stores: S;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** The client that the recorder uses. */
  readonly ask: Ask;
  /** Differences between the database and the stores, and work that is not finished. The gateway must be dead. */
  faults(): Promise<readonly string[]>;
  /** Kills the gateway, runs all remaining upkeep, and returns the faults that are left. */
  faultsWhenSettled(): Promise<readonly string[]>;
}

/** Larger bodies are streamed to the stores; smaller ones are buffered. */
const BUFFER_BYTES = 256 * 1024;
const COPIES = 2;

const throughFront = ({ accessKeyId, secretAccessKey }: GatewayProcess, { url }: S3Proxy): Ask =>
  openClient({ endpoint: url, accessKeyId, secretAccessKey });

/** `open`: makes the client of the recorder; by default one that goes through the proxy and asks for redirects. */
export async function openCrashRig<S extends Stores>(
  stores: S,
  config: Partial<GatewayConfigInput> = {},
  open = throughFront,
): Promise<CrashRig<S>> {
  const gateway = await startGatewayProcess({ ...stores.config, ingest: { bufferBytes: BUFFER_BYTES }, ...config });
  const front = await startS3Proxy(gateway.url);
  const ask = open(gateway, front);
  const made = await ask({ method: "PUT", path: "/bucket" });
  if (made?.status !== 200) throw new Error(`no bucket: ${made?.text}`);
  const ledger = new Ledger();
  const databaseFile = join(gateway.dataDirectory, "metadata.sqlite");
  const faults = async () => {
    const { faults, holdings } = await readBooks(databaseFile, COPIES);
    return [...faults, ...differences(holdings, await stores.standing())];
  };
  return {
    gateway,
    databaseFile,
    front,
    stores,
    ledger,
    ask,
    recorder: openRecorder(ask, ledger),
    faults,
    async faultsWhenSettled() {
      await gateway.kill();
      await stores.age();
      await settle(await loadConfig(gateway.configFile, {}));
      return [...(await faults()), ...(await stores.faultsWithin())];
    },
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await stores[Symbol.asyncDispose]();
    },
  };
}
