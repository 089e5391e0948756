// Links that sign in once.
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { openLog } from "../../src/log.ts";
import { apiClient } from "../support/api.ts";
import { startTestGateway } from "../support/gateway.ts";

const MINUTE_MS = 60_000;

it("sign in as whoever made them, once", async () => {
  await using gateway = await startTestGateway();
  const tenant = await gateway.addAccount("tenant", { scope: { readOnly: true } });
  const { status, document: link } = await apiClient(gateway, tenant)("POST", "/sign-in-links");
  expect(status).toBe(201);
  expect(link.path).toBe(`/-/#sign-in=${link.token}`);
  expect(Buffer.from(link.token, "base64url")).toHaveLength(32);
  const anyone = apiClient(gateway);
  const use = () => anyone("POST", "/sign-in", { authentication: "anonymous", body: { token: link.token } });
  const { status: used, document: session } = await use();
  expect(used).toBe(201);
  expect((await apiClient(gateway, session)("GET", "/me")).document).toMatchObject({
    ...{ account: "tenant", scope: { readOnly: true }, sessionOf: tenant.accessKeyId },
  });
  expect((await use()).document).toMatchObject({ code: "Gone", status: 410 });
});

it("are not made where there is no console to sign in to", async () => {
  await using gateway = await startTestGateway({ config: { console: false } });
  expect((await apiClient(gateway)("POST", "/sign-in-links")).document).toMatchObject({
    status: 409,
    detail: "This gateway has no console to sign in to: its configuration says console: false",
  });
});

it("are over after 15 minutes, and then deleted", async () => {
  await using gateway = await startTestGateway();
  const call = apiClient(gateway);
  const { token } = (await call("POST", "/sign-in-links")).document;
  gateway.clock.advance(15 * MINUTE_MS);
  const { document } = await call("POST", "/sign-in", { authentication: "anonymous", body: { token } });
  expect(document.code).toBe("Gone");
});

it.each(["revoked", "disabled", "over"])("end when their key is %s", async (how) => {
  await using gateway = await startTestGateway();
  const tenant = await gateway.addAccount("tenant", { expiresAt: new Date(Date.now() + 5 * MINUTE_MS) });
  const { token } = (await apiClient(gateway, tenant)("POST", "/sign-in-links")).document;
  const { accounts } = gateway.gateway.metadata;
  if (how === "revoked") await accounts.revokeKey(tenant.accessKeyId);
  if (how === "disabled") await accounts.setDisabled(tenant.accessKeyId, true);
  if (how === "disabled") await accounts.setDisabled(tenant.accessKeyId, false);
  if (how === "over") gateway.clock.advance(6 * MINUTE_MS);
  const { document } = await apiClient(gateway)("POST", "/sign-in", {
    ...{ authentication: "anonymous", body: { token } },
  });
  expect(document.code).toBe("Gone");
});

it("made by a session make sessions of its parent that end no later, and go when it signs out", async () => {
  await using gateway = await startTestGateway();
  const { document: session } = await apiClient(gateway)("POST", "/sessions", { body: { minutes: 10 } });
  const call = apiClient(gateway, session);
  const [first, second] = [await call("POST", "/sign-in-links"), await call("POST", "/sign-in-links")];
  const use = ({ document: { token } }: typeof first) =>
    call("POST", "/sign-in", { authentication: "anonymous", body: { token } });
  const { document: made } = await use(first);
  expect(made.expiresAt).toBe(session.expiresAt);
  expect((await apiClient(gateway, made)("GET", "/me")).document.sessionOf).toBe(gateway.accessKeyId);
  await call("DELETE", "/sessions/current");
  expect((await use(second)).document.code).toBe("Gone");
});

it.each([
  ["no token", {}],
  ["an empty one", { token: "" }],
  ["one that is too long", { token: "a".repeat(201) }],
  ["a list", { token: ["a"] }],
  ["an object", { token: { $ne: "" } }],
  ["a number", { token: 1 }],
  ["null", null],
  ["a list of tokens", ["a"]],
])("refuse %s as the wrong shape", async (_, body) => {
  await using gateway = await startTestGateway();
  const { document } = await apiClient(gateway)("POST", "/sign-in", { authentication: "anonymous", body });
  expect(document.code).toBe("BadRequest");
});

it.each(["\0", "%", "' OR 1=1 --", "a\u{1f600}", "\ud800", "../..", "A".repeat(43)])(
  "are not there for the token %j",
  async (token) => {
    await using gateway = await startTestGateway();
    await apiClient(gateway)("POST", "/sign-in-links");
    const { document } = await apiClient(gateway)("POST", "/sign-in", {
      ...{ authentication: "anonymous", body: { token } },
    });
    expect(document).toMatchObject({ code: "Gone", status: 410 });
  },
);

it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])(
  "are not used up by a body of the type %s, which another site's page can send",
  async (type) => {
    await using gateway = await startTestGateway();
    const call = apiClient(gateway);
    const { token } = (await call("POST", "/sign-in-links")).document;
    const request = { authentication: "anonymous", body: { token } } as const;
    const { document } = await call("POST", "/sign-in", { ...request, headers: { "content-type": type } });
    expect(document).toMatchObject({ code: "NotJson", status: 415 });
    expect((await call("POST", "/sign-in", request)).status).toBe(201);
  },
);

it("leave nothing in the database that signs in", async () => {
  await using gateway = await startTestGateway();
  const { token } = (await apiClient(gateway)("POST", "/sign-in-links")).document;
  const files = ["metadata.sqlite", "metadata.sqlite-wal"].map((name) => readFile(`${gateway.directory}/${name}`));
  const bytes = Buffer.concat(await Promise.all(files));
  expect(bytes.includes("sign_in_links")).toBe(true);
  expect(bytes.includes(token)).toBe(false);
});

it("leave a line in the log that says who signed in, from where, and no secret", async () => {
  const lines: string[] = [];
  await using gateway = await startTestGateway({ log: openLog("info", { write: (line) => void lines.push(line) }) });
  const { token } = (await apiClient(gateway)("POST", "/sign-in-links")).document;
  const use = { authentication: "anonymous", body: { token } } as const;
  const { document: session } = await apiClient(gateway)("POST", "/sign-in", use);
  const audited = lines.map((line) => JSON.parse(line)).find(({ change }) => change === "signInByLink");
  expect(audited).toMatchObject({
    ...{ audit: true, client: "127.0.0.1" },
    of: { accessKeyId: session.accessKeyId, account: "root", sessionOf: gateway.accessKeyId },
  });
  expect(lines.join("")).not.toContain(token);
  expect(lines.join("")).not.toContain(session.secretAccessKey);
});
