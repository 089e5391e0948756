// Each call of the table, by each kind of access key: whom it lets in is what the table says, and nothing is looked at
// of anybody else.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiOperations } from "../../src/api/table.ts";
import { apiClient } from "../support/api.ts";
import { type Credentials, startTestGateway, type TestGateway } from "../support/gateway.ts";

const DAY_MS = 86_400_000;
const readOnly = { readOnly: true } as const;
const places = { places: [{ bucket: "bucket", prefix: "" }] };
const elsewhere = { networks: ["203.0.113.0/24"] };

type Keys = Readonly<Record<string, (gateway: TestGateway) => Promise<Credentials>>>;

const operators: Keys = {
  "the root key": async (gateway) => gateway,
  "another key of the root account": (gateway) => gateway.addAccount("root", { accessKeyId: "ROOT2" }),
  "one that ends": (gateway) =>
    gateway.addAccount("root", { accessKeyId: "ROOTENDS", expiresAt: new Date(Date.now() + DAY_MS) }),
  "one for this network": (gateway) =>
    gateway.addAccount("root", { accessKeyId: "ROOTHERE", scope: { networks: ["127.0.0.0/8"] } }),
  "a session of the root key": (gateway) => sessionOf(gateway, gateway),
};

const others: Keys = {
  "the root account's key that only reads": (gateway) =>
    gateway.addAccount("root", { accessKeyId: "ROOTREADS", scope: readOnly }),
  "the root account's key for a place": (gateway) =>
    gateway.addAccount("root", { accessKeyId: "ROOTPLACE", scope: places }),
  "a session of such a key": async (gateway) =>
    sessionOf(gateway, await gateway.addAccount("root", { accessKeyId: "ROOTREADS2", scope: readOnly })),
  "an account's key": (gateway) => gateway.addAccount("tenant"),
  "an account's key that only reads": (gateway) =>
    gateway.addAccount("tenant", { accessKeyId: "READS", scope: readOnly }),
  "a session of an account": async (gateway) =>
    sessionOf(gateway, await gateway.addAccount("tenant", { accessKeyId: "PARENT" })),
};

const refused: Readonly<Record<string, readonly [code: string, key: Keys[string]]>> = {
  "a key that is over": [
    "InvalidAccessKeyId",
    (gateway) => gateway.addAccount("root", { accessKeyId: "OVER", expiresAt: new Date(Date.now() - 1) }),
  ],
  "a key that is disabled": [
    "InvalidAccessKeyId",
    async (gateway) => {
      const key = await gateway.addAccount("root", { accessKeyId: "DISABLED" });
      await gateway.gateway.metadata.accounts.setDisabled(key.accessKeyId, true);
      return key;
    },
  ],
  "a key that nobody made": ["InvalidAccessKeyId", async () => ({ accessKeyId: "NOBODY", secretAccessKey: "nothing" })],
  "a session of a key that is disabled": [
    "InvalidAccessKeyId",
    async (gateway) => {
      const parent = await gateway.addAccount("root", { accessKeyId: "PARENT2" });
      const session = await sessionOf(gateway, parent);
      await gateway.gateway.metadata.accounts.setDisabled(parent.accessKeyId, true);
      return session;
    },
  ],
  "a key for another network": [
    "NotAllowed",
    (gateway) => gateway.addAccount("root", { accessKeyId: "ELSEWHERE", scope: elsewhere }),
  ],
  "the root key with a wrong secret": [
    "SignatureDoesNotMatch",
    async (gateway) => ({ ...gateway, secretAccessKey: "wrong" }),
  ],
};

async function sessionOf(gateway: TestGateway, parent: Credentials): Promise<Credentials> {
  const { document } = await apiClient(gateway, parent)("POST", "/sessions", { body: {} });
  return document;
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Names nothing that there is, in a shape that hardly any call takes: who is let in changes nothing. */
async function codeFor(key: Credentials | undefined, { method, path }: { method: string; path: string }) {
  const body = method === "GET" || method === "DELETE" ? {} : { body: { nothing: true } };
  const authentication = key === undefined ? { authentication: "anonymous" as const } : {};
  const at = path.replaceAll(/\{\w+\}/g, "nothing");
  return (await apiClient(gateway, key ?? gateway)(method, at, { ...body, ...authentication })).document?.code;
}

const NOT_LET_IN = ["NotSigned", "InvalidAccessKeyId", "SignatureDoesNotMatch"];
const { endSession, ...rest } = apiOperations;
/** A session can make no call after it. */
const calls = Object.entries({ ...rest, endSession }).flatMap(([name, one]) => (one ? [[name, one] as const] : []));

describe.each(Object.entries(operators))("%s", (_, make) => {
  it("may make every call", async () => {
    const key = await make(gateway);
    for (const [name, operation] of calls) {
      const code = await codeFor(key, operation);
      expect([name, [...NOT_LET_IN, "NotAllowed", "AccessDenied"].includes(code)]).toEqual([name, false]);
    }
  });
});

describe.each(Object.entries(others))("%s", (_, make) => {
  it("may make all calls but those for operators", async () => {
    const key = await make(gateway);
    for (const [name, operation] of calls) {
      const code = await codeFor(key, operation);
      if (operation.access === "operator") expect([name, code]).toEqual([name, "NotAllowed"]);
      else expect([name, NOT_LET_IN.includes(code)]).toEqual([name, false]);
    }
  });
});

describe.each(Object.entries(refused))("%s", (_, [expected, make]) => {
  it("may make no call but that which is open to anyone", async () => {
    const key = await make(gateway);
    for (const [name, operation] of calls)
      expect([name, await codeFor(key, operation)]).toEqual([
        name,
        operation.access === "anyone" ? "BadRequest" : expected,
      ]);
  });
});

it("who does not sign may make no call but that which is open to anyone", async () => {
  for (const [name, operation] of calls)
    expect([name, await codeFor(undefined, operation)]).toEqual([
      name,
      operation.access === "anyone" ? "BadRequest" : "NotSigned",
    ]);
  expect(calls.filter(([, { access }]) => access === "anyone").map(([name]) => name)).toEqual(["signInByLink"]);
});

it("a cookie counts for nothing, and no other site's page is let read", async () => {
  const { headers, document } = await apiClient(gateway)("GET", "/me", {
    authentication: "anonymous",
    headers: { cookie: "session=root", origin: "https://elsewhere.example" },
  });
  expect(document.code).toBe("NotSigned");
  expect(Object.keys(headers).filter((name) => /^access-control-|^set-cookie$/.test(name))).toEqual([]);
  const preflight = await fetch(`${gateway.url}/-/api/v1/sessions`, {
    method: "OPTIONS",
    headers: { origin: "https://elsewhere.example", "access-control-request-method": "POST" },
  });
  expect([preflight.status, preflight.headers.get("allow")]).toEqual([405, "POST"]);
  expect([...preflight.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
});
