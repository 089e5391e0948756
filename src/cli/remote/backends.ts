/** The stores of a gateway, over its API. */
import { z } from "zod";
import { readDeclaration } from "../../config/attached-backend.ts";
import {
  backend,
  backendCheck,
  backendLoss,
  backends as backendsPage,
  drained,
  orphans,
  orphansConfirmed,
  replaced,
  scrubProgress,
  scrubStarted,
} from "../../contract/backends.ts";
import { type Api, path } from "../api-client.ts";
import type { BackendsGroup } from "../reached.ts";
import type { Terminal } from "../terminal.ts";

/** A walk over all blobs may be part of it. */
const LONG_MS = 600_000;
const PAGE = 1000;

export function remoteBackends(api: Api, { env }: Terminal): BackendsGroup {
  const list = async () => (await api.call("GET", "/backends", backendsPage)).items;
  const check = async (name: string) => {
    const { reason, ...checked } = await api.call("POST", path`/backends/${name}/check`, backendCheck);
    return { ...checked, reason };
  };
  return {
    async list() {
      const described = await list();
      return described.map(
        ({ name, kind, region, state, condition, at, replicas, bytes, note, redirects, attached }) => ({
          ...{ name, kind, region, state, condition, at: at === undefined ? undefined : new Date(at) },
          ...{ replicas, bytes, note, attached },
          redirects: redirects && { ...redirects, at: new Date(redirects.at) },
        }),
      );
    },
    async check(name) {
      if (name !== undefined) return [await check(name)];
      const used = (await list()).filter(({ state, kind }) => state !== "removed" && kind !== undefined);
      return Promise.all(used.map((one) => check(one.name)));
    },
    async attach(name, text) {
      await api.call("POST", "/backends", backend, { body: readDeclaration(text, name, env) });
    },
    async drain(name) {
      const { backendsMissing = 0, missingIn = [] } = await api.call("POST", path`/backends/${name}/drain`, drained);
      return { backendsMissing, missingIn };
    },
    async left(name) {
      const options = { patienceMs: LONG_MS };
      return (await api.call("GET", path`/backends/${name}/loss`, backendLoss, options)).tooFewCopies;
    },
    async scrub(name) {
      return new Date((await api.call("POST", path`/backends/${name}/scrub`, scrubStarted)).until);
    },
    async scrubbing(name, until) {
      const options = { query: { until: until.toISOString() }, patienceMs: LONG_MS };
      const progress = await api.call("GET", path`/backends/${name}/scrub`, scrubProgress, options);
      const { underWay: isUnderWay, left, attempts, reason } = progress;
      return { isUnderWay, left, attempts, reason };
    },
    async resume(name) {
      await api.call("POST", path`/backends/${name}/resume`, backend);
    },
    async remove(name) {
      await api.call("DELETE", path`/backends/${name}`, z.undefined(), { patienceMs: LONG_MS });
    },
    async replace(name, { acceptLoss, onProgress }) {
      const options = { body: { acceptLoss }, patienceMs: LONG_MS };
      const { identity, lostReplicas } = await api.call("POST", path`/backends/${name}/replace`, replaced, options);
      onProgress(lostReplicas);
      return { identity, lost: lostReplicas };
    },
    async orphans(name, limit) {
      const query = { backend: name, limit: Math.min(limit, PAGE) };
      const { items, held, walkedAt, keys, bytes, unconfirmed } = await api.call("GET", "/orphans", orphans, { query });
      return {
        ...{
          backend: name,
          walkedAt: walkedAt === undefined ? undefined : new Date(walkedAt),
          keys,
          bytes,
          unconfirmed,
        },
        isHeld: held,
        orphans: items.map(({ key, bytes: size, foundAt, confirmed }) => ({
          ...{ storageKey: key, size, foundAt: new Date(foundAt), isConfirmed: confirmed },
        })),
      };
    },
    async confirmOrphans(name) {
      return (await api.call("POST", "/orphans/confirm", orphansConfirmed, { body: { backend: name } })).confirmed;
    },
  };
}
