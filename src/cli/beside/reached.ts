/** Beside the data of a gateway, whether or not one runs on it: every change leaves a line of the log. */
import { reportStatus } from "../../admin/status-report.ts";
import { makeRootLink } from "../../administration.ts";
import { askGateway, nearUrl } from "../ask-gateway.ts";
import { audit } from "../audit.ts";
import type { Reached } from "../reached.ts";
import { backendsBeside } from "./backends.ts";
import type { Beside } from "./beside.ts";
import { keysBeside } from "./keys.ts";

export function reachBeside(beside: Beside): Reached {
  const { administration, config, terminal, knowsBackends, gatewayUrl } = beside;
  return {
    async status() {
      const { url, status, reason } = await askGateway(config, gatewayUrl);
      const report = await reportStatus({
        metadata: administration.metadata,
        configured: knowsBackends ? config.backends : undefined,
        copies: config.copies,
        fewestCopies: config.fewestCopies,
        graceMs: config.repair.graceMinutes * 60_000,
        live: status,
        now: new Date(),
      });
      return { report, gateway: { url, startedAt: status?.startedAt, reason } };
    },
    async signIn(origin) {
      const { listen, tls, rootKey } = config;
      if (!config.console) throw new Error("its configuration says that it has no console: console: false");
      const { accessKeyId } = rootKey;
      const at = origin ?? nearUrl(listen, tls !== undefined);
      if (at === undefined) throw new Error("its port is chosen by the system: name its address with --gateway");
      const { path, expiresAt } = await makeRootLink(administration.metadata, accessKeyId, new Date());
      audit(terminal, "console", { accessKeyId });
      return { url: at + path, expiresAt, accessKeyId };
    },
    stats: () => administration.stats(),
    backends: backendsBeside(beside),
    keys: keysBeside(beside),
  };
}
