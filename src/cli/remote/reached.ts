/** A running gateway, over its API. What is changed stands in the gateway's own log. */
import { signInLink } from "../../contract/sessions.ts";
import { stats } from "../../contract/status.ts";
import type { Api } from "../api-client.ts";
import type { Reached } from "../reached.ts";
import type { Terminal } from "../terminal.ts";
import { remoteBackends } from "./backends.ts";
import { remoteKeys } from "./keys.ts";
import { remoteStatus } from "./status.ts";

export function reachRemote(api: Api, terminal: Terminal): Reached {
  return {
    status: () => remoteStatus(api),
    stats: () => api.call("GET", "/stats", stats),
    async signIn(origin = api.endpoint) {
      const { path, expiresAt } = await api.call("POST", "/sign-in-links", signInLink);
      return { url: origin + path, expiresAt: new Date(expiresAt), accessKeyId: api.accessKeyId };
    },
    backends: remoteBackends(api, terminal),
    keys: remoteKeys(api),
  };
}
