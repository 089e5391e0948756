// What dispatch tells an operation of its client, whenever the operation asks.
import { EventEmitter, once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import Koa from "koa";
import { expect, it } from "vitest";
import { openAuthenticator } from "../../src/auth/authenticate.ts";
import { clientReader } from "../../src/delivery/client.ts";
import { Budget } from "../../src/http/budget.ts";
import { dispatch } from "../../src/http/dispatch.ts";
import { Pace } from "../../src/http/pace.ts";
import { openLog } from "../../src/log.ts";
import { operation, type ServiceCall, type Services } from "../../src/operations/operation.ts";
import { route } from "../../src/operations/route.ts";

/** A server with one operation, for anybody. */
async function serve(handle: (call: ServiceCall) => Promise<void>) {
  const ListBuckets = operation({
    on: "service",
    method: "GET",
    action: "s3:ListAllMyBuckets",
    async handle(call) {
      await handle(call);
      return {};
    },
  });
  const now = () => new Date();
  const log = openLog("silent");
  const budget = new Budget({ bytes: 1024 });
  const app = new Koa();
  app.use(
    dispatch({
      services: {
        checkAccess: () => undefined,
        takeover: { askedBy: (_: unknown, work: () => unknown) => work() },
      } as unknown as Services,
      authenticator: openAuthenticator({
        ...{ now, rootKey: undefined, region: undefined, signatureV2: "off", noteUse: () => undefined },
        findKey: async () => undefined,
        unseal: async () => "",
      }),
      route: route({ ListBuckets }),
      admission: { budget, pace: new Pace({ budget, windowMs: 60_000, minimumBytesPerSecond: 1 }) },
      domains: [],
      readClient: clientReader({ trustedProxies: [] }),
      logOf: () => log,
      audit: log,
    }),
  );
  const server = createServer(app.callback()).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

it("tells an operation that asks after its client has left", async () => {
  const events = new EventEmitter();
  const [came, left, told] = [once(events, "came"), once(events, "left"), once(events, "told")];
  await using at = await serve(async (call) => {
    events.emit("came");
    await left;
    events.emit("told", call.signal.aborted);
  });
  at.server.once("request", (_, response) => response.once("close", () => events.emit("left")));
  const client = request(at.url, { agent: false }).on("error", () => undefined);
  client.end();
  await came;
  client.destroy();
  expect(await told).toEqual([true]);
});

it("tells an operation that asked before when its client leaves", async () => {
  const events = new EventEmitter();
  const [asked, told] = [once(events, "asked"), once(events, "told")];
  await using at = await serve(async ({ signal }) => {
    events.emit("asked", signal.aborted);
    await once(signal, "abort");
    events.emit("told");
  });
  const client = request(at.url, { agent: false }).on("error", () => undefined);
  client.end();
  expect(await asked).toEqual([false]);
  client.destroy();
  await told;
});
