/** Runs a gateway until the process is asked to stop. */
import { setTimeout as pause } from "node:timers/promises";
import type { GatewayConfig } from "../config/schema.ts";
import { type Gateway, type GatewayDependencies, openGateway } from "../gateway.ts";
import { openLog } from "../log.ts";
import type { Terminal } from "./terminal.ts";

/** Opens the gateway. The process ends when the database can no longer keep what it acknowledged. */
export function startGateway(
  config: GatewayConfig,
  terminal: Terminal,
  options: Pick<GatewayDependencies, "audit"> = {},
): Promise<Gateway> {
  const onFatal = (cause: unknown) =>
    terminal.die(
      `nearbucket: the database failed, stopping: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  return openGateway(config, { log: openLog(config.log.level), onFatal, ...options });
}

/** Serves until the process is asked to stop. */
export async function serveUntilStopped(config: GatewayConfig, terminal: Terminal): Promise<void> {
  // From here on, so that what is stopped while it starts is closed in order too.
  const stopped = terminal.stopped();
  const gateway = await startGateway(config, terminal);
  terminal.print(`nearbucket listens on ${gateway.url}`);
  if (gateway.adminUrl !== undefined) terminal.print(`operators find it on ${gateway.adminUrl}`);
  await closeWhenStopped(gateway, config, terminal, stopped);
}

/**
 * Waits until the process is asked to stop, as `stopped` says. Serves on for a while then, so that load balancers see
 * in time that they should go elsewhere, and finishes the requests under way, 30 s at most.
 */
export async function closeWhenStopped(
  gateway: Gateway,
  { shutdown: { delaySeconds } }: GatewayConfig,
  terminal: Terminal,
  stopped: Promise<void>,
): Promise<void> {
  await stopped;
  gateway.announceStop();
  if (delaySeconds > 0) {
    terminal.print(`stopping in ${delaySeconds} s, and not ready until then; a second signal ends it at once`);
    await pause(delaySeconds * 1000);
  }
  await gateway.close();
}
