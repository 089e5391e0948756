// Access keys over the API: nobody makes a key that may more than they, or touches another account's.
import { expect, it } from "vitest";
import { apiClient } from "../support/api.ts";
import { startTestGateway } from "../support/gateway.ts";

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

it("are made with a secret that works at once, and listed without it", async () => {
  await using gateway = await startTestGateway();
  const call = apiClient(gateway, await gateway.addAccount("tenant"));
  const scope = { places: [{ bucket: "pictures", prefix: "2026/" }], networks: ["127.0.0.0/8"] };
  const body = { scope, redirect: "off", expiresAt: inDays(1).toISOString() };
  const { status, document: made } = await call("POST", "/keys", { body });
  expect(status).toBe(201);
  expect(made).toMatchObject({ account: "tenant", disabled: false, ...body });
  const { document: me } = await apiClient(gateway, made)("GET", "/me");
  expect(me).toMatchObject({ account: "tenant", scope, expiresAt: body.expiresAt });
  const { items } = (await call("GET", "/keys")).document;
  expect(items.map(({ accessKeyId }: { accessKeyId: string }) => accessKeyId)).toEqual([
    "AKIATENANT",
    made.accessKeyId,
  ]);
  expect(JSON.stringify(items)).not.toContain(made.secretAccessKey);
});

it("are made by operators for other accounts too, which come into being with them", async () => {
  await using gateway = await startTestGateway();
  const { document: made } = await apiClient(gateway)("POST", "/keys", { body: { account: "new" } });
  expect((await apiClient(gateway, made)("GET", "/me")).document).toMatchObject({ account: "new", operator: false });
  const tenant = apiClient(gateway, await gateway.addAccount("tenant"));
  for (const account of ["new", "unheard-of", "root"])
    expect((await tenant("POST", "/keys", { body: { account } })).document.code).toBe("NotAllowed");
  expect(await gateway.gateway.metadata.accounts.find("unheard-of")).toBeUndefined();
});

it.each([
  ["a network that is none", { scope: { networks: ["127.0.0.1", "10.0.0.0/33"] } }, "/scope/networks/1"],
  ["a network in a form that matches nobody", { scope: { networks: ["::ffff:10.0.0.0/104"] } }, "/scope/networks/0"],
  ["an end in the past", { expiresAt: inDays(-1).toISOString() }, "/expiresAt"],
  ["an end that is no time", { expiresAt: "tomorrow" }, "/expiresAt"],
  ["a limit that is misspelt", { scope: { readonly: true } }, "/scope"],
  ["a limit that says no", { scope: { readOnly: false } }, "/scope/readOnly"],
  ["a place with a limit of its own", { scope: { places: [{ bucket: "b", prefix: "", x: 1 }] } }, "/scope/places/0"],
  ["an empty list of places", { scope: { places: [] } }, "/scope/places"],
  [
    "limits that are longer than all they could need",
    { scope: { places: [{ bucket: "b", prefix: "x".repeat(20_000) }] } },
    "/scope",
  ],
  ["a field that there is not", { scopes: {} }, ""],
  ["an account that is no name", { account: "../root" }, "/account"],
])("are not made with %s", async (_, body, pointer) => {
  await using gateway = await startTestGateway();
  const { document } = await apiClient(gateway)("POST", "/keys", { body });
  expect(document).toMatchObject({ code: "BadRequest", errors: [{ pointer }] });
  expect(await gateway.gateway.metadata.accounts.listKeys()).toEqual([]);
});

it.each([
  ["read-only", { readOnly: true } as const],
  ["limited to a place", { places: [{ bucket: "pictures", prefix: "" }] }],
])("that are %s make, change and see no others, and their sessions do not either", async (_, scope) => {
  await using gateway = await startTestGateway();
  const limited = await gateway.addAccount("root", { scope });
  await gateway.addAccount("root", { accessKeyId: "AKIAOTHER" });
  const { document: session } = await apiClient(gateway, limited)("POST", "/sessions", { body: {} });
  for (const credentials of [limited, session]) {
    const call = apiClient(gateway, credentials);
    expect((await call("POST", "/keys", { body: {} })).document.code).toBe("NotAllowed");
    for (const id of ["AKIAOTHER", "AKIAROOT", "AKIANOBODY"]) {
      expect((await call("PATCH", `/keys/${id}`, { body: { disabled: true } })).document.code).toBe("NotAllowed");
      expect((await call("DELETE", `/keys/${id}`)).document.code).toBe("NotAllowed");
    }
    expect((await call("GET", "/keys")).document).toMatchObject({ items: [{ accessKeyId: "AKIAROOT" }] });
    expect((await call("GET", "/keys")).document.items).toHaveLength(1);
  }
});

it("of an account are not there for another", async () => {
  await using gateway = await startTestGateway();
  await gateway.addAccount("alice");
  const bob = apiClient(gateway, await gateway.addAccount("bob"));
  for (const id of ["AKIAALICE", "AKIANOBODY", gateway.accessKeyId, "%2e%2e", "%27"]) {
    const answers = [
      await bob("PATCH", `/keys/${id}`, { body: { disabled: true } }),
      await bob("DELETE", `/keys/${id}`),
    ];
    for (const { document } of answers) expect(document.code).toBe("NotFound");
  }
  for (const account of ["alice", "nobody"])
    expect((await bob("GET", "/keys", { query: { account } })).document.code).toBe("NotFound");
  expect((await gateway.gateway.metadata.accounts.findKey("AKIAALICE"))?.disabled).toBe(false);
});

it("are disabled, enabled and revoked, by their account and by operators", async () => {
  await using gateway = await startTestGateway();
  const other = await gateway.addAccount("alice", { accessKeyId: "AKIASECOND" });
  const alice = apiClient(gateway, await gateway.addAccount("alice"));
  const works = async () => (await apiClient(gateway, other)("GET", "/me")).status === 200;
  for (const call of [alice, apiClient(gateway)]) {
    const change = (disabled: boolean) => call("PATCH", "/keys/AKIASECOND", { body: { disabled } });
    expect((await change(true)).document).toMatchObject({ accessKeyId: "AKIASECOND", disabled: true });
    expect(await works()).toBe(false);
    expect((await change(false)).document).toMatchObject({ disabled: false });
    expect(await works()).toBe(true);
  }
  expect((await alice("DELETE", "/keys/AKIASECOND")).status).toBe(204);
  expect(await works()).toBe(false);
  expect((await alice("DELETE", "/keys/AKIASECOND")).document.code).toBe("NotFound");
  expect((await apiClient(gateway)("DELETE", `/keys/${gateway.accessKeyId}`)).document.code).toBe("Conflict");
});

it("made by a key that ends or is limited to networks are no better, also by its sessions", async () => {
  await using gateway = await startTestGateway();
  const [expiresAt, networks] = [inDays(2), ["127.0.0.1", "10.0.0.0/8"]];
  const parent = await gateway.addAccount("tenant", { expiresAt, scope: { networks } });
  const { document: session } = await apiClient(gateway, parent)("POST", "/sessions", { body: {} });
  const good = { expiresAt: expiresAt.toISOString(), scope: { networks: ["10.0.0.0/8"] } };
  for (const credentials of [parent, session]) {
    const make = async (body: object) => (await apiClient(gateway, credentials)("POST", "/keys", { body })).document;
    expect((await make({ ...good, expiresAt: undefined })).code).toBe("NotAllowed");
    expect((await make({ ...good, expiresAt: inDays(3).toISOString() })).code).toBe("NotAllowed");
    expect((await make({ ...good, scope: {} })).code).toBe("NotAllowed");
    expect((await make({ ...good, scope: { networks: ["10.0.0.0/8", "0.0.0.0/0"] } })).code).toBe("NotAllowed");
    expect(await make(good)).toMatchObject({ account: "tenant", ...good });
  }
});

it("are a thousand of an account at most, unless operators make more", { timeout: 60_000 }, async () => {
  await using gateway = await startTestGateway();
  const tenant = apiClient(gateway, await gateway.addAccount("tenant"));
  const { accounts } = gateway.gateway.metadata;
  const { id: accountId } = await accounts.ensure("tenant");
  const rest = {
    accountId,
    sealedSecret: "-",
    sealedBy: undefined,
    redirect: undefined,
    scope: {},
    expiresAt: undefined,
  };
  for (let made = 1; made < 999; made++) await accounts.createKey({ accessKeyId: `KEY${made}`, ...rest });
  expect((await tenant("POST", "/sessions", { body: {} })).status).toBe(201);
  expect((await tenant("POST", "/keys", { body: {} })).status).toBe(201);
  expect((await tenant("POST", "/keys", { body: {} })).document).toMatchObject({ code: "Conflict", status: 409 });
  expect((await apiClient(gateway)("POST", "/keys", { body: { account: "tenant" } })).status).toBe(201);
});

it("are managed by sessions as by their parent, but a session signs itself out another way", async () => {
  await using gateway = await startTestGateway();
  const { document: session } = await apiClient(gateway)("POST", "/sessions", { body: { minutes: 5 } });
  const call = apiClient(gateway, session);
  const { status, document: made } = await call("POST", "/keys", { body: {} });
  expect([status, made.expiresAt]).toEqual([201, undefined]);
  const own = `/keys/${session.accessKeyId}`;
  expect((await call("DELETE", own)).document).toMatchObject({ code: "Conflict", status: 409 });
  expect((await call("PATCH", own, { body: { disabled: true } })).document.detail).toContain(
    "DELETE /sessions/current",
  );
  expect((await apiClient(gateway)("DELETE", own)).status).toBe(204);
  expect((await call("GET", "/me")).document.code).toBe("InvalidAccessKeyId");
});

it("come in pages, sessions for operators only", async () => {
  await using gateway = await startTestGateway();
  const tenant = await gateway.addAccount("tenant", { accessKeyId: "K2" });
  for (const accessKeyId of ["K1", "K3", "K4"]) await gateway.addAccount("tenant", { accessKeyId });
  await gateway.addAccount("other", { accessKeyId: "K0" });
  const { document: session } = await apiClient(gateway, tenant)("POST", "/sessions", { body: {} });
  const read = async (call: ReturnType<typeof apiClient>, query: Readonly<Record<string, string>>) => {
    const ids: string[] = [];
    for (let cursor: string | undefined, pages = 0; pages === 0 || cursor !== undefined; pages += 1) {
      const page = await call("GET", "/keys", { query: { ...query, limit: "2", ...(cursor && { cursor }) } });
      expect(page.document.items.length).toBeLessThanOrEqual(2);
      ids.push(...page.document.items.map(({ accessKeyId }: { accessKeyId: string }) => accessKeyId));
      cursor = page.document.next;
    }
    return ids;
  };
  expect(await read(apiClient(gateway, tenant), {})).toEqual(["K1", "K2", "K3", "K4"]);
  const operator = apiClient(gateway);
  expect(await read(operator, {})).toEqual(["K0", "K1", "K2", "K3", "K4", session.accessKeyId]);
  expect(await read(operator, { account: "tenant" })).toEqual(["K1", "K2", "K3", "K4", session.accessKeyId]);
  const { items } = (await operator("GET", "/keys", { query: { account: "tenant" } })).document;
  expect(items.at(-1)).toMatchObject({ accessKeyId: session.accessKeyId, sessionOf: "K2" });
  for (const cursor of ["%", "AA==", "AA", "x y", ""])
    expect((await operator("GET", "/keys", { query: { cursor } })).document).toMatchObject({
      ...{ code: "BadRequest", errors: [{ pointer: "/cursor" }] },
    });
});
