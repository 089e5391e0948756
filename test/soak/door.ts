/** A client of one gateway process that waits while the process restarts or recovers. */
import { scheduler } from "node:timers/promises";
import type { GatewayProcess } from "../support/gateway-process.ts";
import { type Ask, isUnknown, openClient } from "./client.ts";

export interface Door {
  readonly gateway: GatewayProcess;
  readonly ask: Ask;
  /** Resolves when the gateway can serve. */
  ready(): Promise<void>;
  /** Kills the gateway during its calls, runs `meanwhile`, and starts it again. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
}

const POLL_MS = 20;

export function openDoor(gateway: GatewayProcess): Door {
  const { url, accessKeyId, secretAccessKey } = gateway;
  const ask = openClient({ endpoint: url, accessKeyId, secretAccessKey });
  let open = Promise.resolve();
  let trouble: Promise<void> | undefined;
  const recovery = async () => {
    while (!(await fetch(`${url}/-/ready`).catch(() => undefined))?.ok) await scheduler.wait(POLL_MS);
    trouble = undefined;
  };
  return {
    gateway,
    async ask(request) {
      const reply = await ask(request);
      if (isUnknown(reply)) trouble ??= recovery();
      return reply;
    },
    async ready() {
      await open;
      await trouble;
    },
    async restart(meanwhile) {
      let reopen = () => {};
      open = new Promise((resolve) => {
        reopen = resolve;
      });
      await gateway.kill();
      await meanwhile();
      await gateway.restart();
      reopen();
    },
  };
}
