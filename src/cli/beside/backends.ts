/** The stores of a gateway, beside its data. Running gateways follow within seconds. */
import { confirmOrphans, reportOrphans } from "../../admin/orphans.ts";
import { scrubNow, scrubProgress } from "../../admin/scrub-now.ts";
import { readBackend } from "../../config/attached-backend.ts";
import { askGateway } from "../ask-gateway.ts";
import { audit } from "../audit.ts";
import type { BackendsGroup } from "../reached.ts";
import type { Beside } from "./beside.ts";

export function backendsBeside({ administration, config, terminal, gatewayUrl }: Beside): BackendsGroup {
  const { backends: all, metadata } = administration;
  const noted = (change: string, backend: string, facts = {}) =>
    audit(terminal, `backends ${change}`, { backend, ...facts });
  return {
    async list() {
      const { status } = await askGateway(config, gatewayUrl);
      return all.describe(status?.backends);
    },
    async check(name) {
      const names = name === undefined ? (await all.configurations()).map((backend) => backend.name) : [name];
      return Promise.all(names.map((one) => all.check(one)));
    },
    async attach(name, text, directory) {
      await all.attach(readBackend(text, name, { config, env: terminal.env, directory }));
      noted("attach", name);
    },
    async drain(name) {
      const missing = await all.drain(name);
      noted("drain", name);
      return missing;
    },
    left: (name) => all.left(name),
    async scrub(name) {
      const until = await scrubNow(metadata, name, new Date());
      noted("scrub", name);
      return until;
    },
    scrubbing: (name, until) => scrubProgress(metadata, name, until),
    async resume(name) {
      await all.resume(name);
      noted("resume", name);
    },
    async remove(name) {
      await all.remove(name);
      noted("remove", name);
    },
    async replace(name, options) {
      const done = await all.replace(name, options);
      noted("replace", name, { ...done, acceptLoss: options.acceptLoss });
      return done;
    },
    orphans: (name, limit) => reportOrphans(metadata, name, { limit }),
    async confirmOrphans(name) {
      const confirmed = await confirmOrphans(metadata, name);
      noted("orphans --delete", name, { confirmed });
      return confirmed;
    },
  };
}
