/** Access keys, over the API. */
import { z } from "zod";
import { accessKey, madeKey } from "../../contract/keys.ts";
import { type Api, path } from "../api-client.ts";
import type { KeysGroup } from "../reached.ts";
import { allPages } from "./pages.ts";

export function remoteKeys(api: Api): KeysGroup {
  return {
    async list() {
      const documents = await allPages(api, "/keys", accessKey);
      return documents.map(({ account, createdAt, lastUsedAt, expiresAt, scope, redirect, ...key }) => ({
        ...key,
        account: { name: account },
        createdAt: new Date(createdAt),
        lastUsedAt: lastUsedAt === undefined ? undefined : new Date(lastUsedAt),
        expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
        scope,
        redirect,
        sealedBy: undefined,
        sessionOf: key.sessionOf,
      }));
    },
    async create({ accessKeyId, secretAccessKey, scope, expiresAt, ...body }) {
      if (accessKeyId !== undefined || secretAccessKey !== undefined)
        throw new Error("a gateway makes keys itself: give --access-key and --secret-key-stdin beside its data only");
      const given = { ...body, scope, expiresAt: expiresAt?.toISOString() };
      const made = await api.call("POST", "/keys", madeKey, { body: given });
      return { accessKeyId: made.accessKeyId, secretAccessKey: made.secretAccessKey };
    },
    async setDisabled(id, disabled) {
      await api.call("PATCH", path`/keys/${id}`, accessKey, { body: { disabled } });
    },
    async revoke(id) {
      await api.call("DELETE", path`/keys/${id}`, z.undefined());
    },
  };
}
