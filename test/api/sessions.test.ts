// Sessions: access keys that end, with the rights of their parent and no others, on the API and on S3.
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { type ApiClient, apiClient } from "../support/api.ts";
import { type Credentials, startTestGateway, type TestGateway } from "../support/gateway.ts";
import { presign } from "../support/sign.ts";

const MINUTE_MS = 60_000;

interface Session extends Credentials {
  readonly expiresAt: string;
}

async function signIn(call: ApiClient, minutes?: number): Promise<Session> {
  const { status, document } = await call("POST", "/sessions", { body: { minutes } });
  expect(status).toBe(201);
  return document;
}

function s3As({ clientConfig }: TestGateway, { accessKeyId, secretAccessKey }: Credentials): S3Client {
  return new S3Client({ ...clientConfig, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
}

const refusalOf = (asked: Promise<unknown>) =>
  asked.then(
    () => "none",
    (error: { name: string }) => error.name,
  );

it("have the rights of the key that made them, and end", async () => {
  await using gateway = await startTestGateway();
  const session = await signIn(apiClient(gateway), 30);
  expect(new Date(session.expiresAt).getTime() - Date.now()).toBeGreaterThan(29 * MINUTE_MS);
  expect(new Date(session.expiresAt).getTime() - Date.now()).toBeLessThanOrEqual(30 * MINUTE_MS);
  const { document } = await apiClient(gateway, session)("GET", "/me");
  expect(document).toMatchObject({
    ...{ account: "root", operator: true, accessKeyId: session.accessKeyId },
    ...{ expiresAt: session.expiresAt, sessionOf: gateway.accessKeyId },
  });
  await s3As(gateway, session).send(new ListBucketsCommand());
  gateway.clock.advance(31 * MINUTE_MS);
  const later = apiClient(gateway, session, () => new Date(Date.now() + 31 * MINUTE_MS));
  expect((await later("GET", "/me")).document.code).toBe("InvalidAccessKeyId");
});

it("last eight hours unless asked otherwise, and never longer than their parent", async () => {
  await using gateway = await startTestGateway();
  const { expiresAt } = await signIn(apiClient(gateway));
  expect(Math.round((new Date(expiresAt).getTime() - Date.now()) / MINUTE_MS)).toBe(480);
  const parentEnds = new Date(Date.now() + 60 * MINUTE_MS);
  const parent = await gateway.addAccount("brief", { expiresAt: parentEnds });
  expect((await signIn(apiClient(gateway, parent))).expiresAt).toBe(parentEnds.toISOString());
});

it.each([4, 721, 5.5, "30", null])("refuse to last %j minutes", async (minutes) => {
  await using gateway = await startTestGateway();
  const { document } = await apiClient(gateway)("POST", "/sessions", { body: { minutes } });
  expect(document).toMatchObject({ code: "BadRequest", errors: [{ pointer: "/minutes" }] });
});

it("made by a session are their parent's own and end with no later than it", async () => {
  await using gateway = await startTestGateway();
  const first = await signIn(apiClient(gateway), 10);
  const second = await signIn(apiClient(gateway, first), 720);
  expect(second.expiresAt).toBe(first.expiresAt);
  const call = apiClient(gateway, second);
  expect((await call("GET", "/me")).document.sessionOf).toBe(gateway.accessKeyId);
  await apiClient(gateway, first)("DELETE", "/sessions/current");
  expect((await call("GET", "/me")).status).toBe(200);
});

it("stay as limited as their parent, on S3 too", async () => {
  await using gateway = await startTestGateway();
  await gateway.fetch({ method: "PUT", path: "/pictures" });
  await gateway.fetch({ method: "PUT", path: "/letters" });
  await gateway.fetch({ method: "PUT", path: "/pictures/sea", body: "blue" });
  const scope = { readOnly: true, places: [{ bucket: "pictures", prefix: "" }] } as const;
  const session = await signIn(apiClient(gateway, await gateway.addAccount("root", { scope })));
  expect((await apiClient(gateway, session)("GET", "/me")).document).toMatchObject({ operator: false, scope });
  const s3 = s3As(gateway, session);
  const sea = await s3.send(new GetObjectCommand({ Bucket: "pictures", Key: "sea" }));
  expect(await sea.Body?.transformToString()).toBe("blue");
  expect(await refusalOf(s3.send(new GetObjectCommand({ Bucket: "letters", Key: "sea" })))).toBe("AccessDenied");
  const put = new PutObjectCommand({ Bucket: "pictures", Key: "sea", Body: "red" });
  expect(await refusalOf(s3.send(put))).toBe("AccessDenied");
});

it("are refused from networks that their parent is not good for", async () => {
  await using gateway = await startTestGateway();
  const parent = await gateway.addAccount("far", { scope: { networks: ["203.0.113.0/24"] } });
  expect((await apiClient(gateway, parent)("POST", "/sessions", { body: {} })).document.code).toBe("NotAllowed");
});

it("end when they sign out, and cannot sign out a key", async () => {
  await using gateway = await startTestGateway();
  const session = await signIn(apiClient(gateway));
  const call = apiClient(gateway, session);
  expect((await call("DELETE", "/sessions/current")).status).toBe(204);
  expect((await call("GET", "/me")).document.code).toBe("InvalidAccessKeyId");
  expect((await apiClient(gateway)("DELETE", "/sessions/current")).document.code).toBe("Conflict");
  expect((await apiClient(gateway)("GET", "/me")).status).toBe(200);
});

it.each(["revoked", "disabled"])("end at once when their parent is %s, also with their answers cached", async (how) => {
  await using gateway = await startTestGateway();
  const parent = await gateway.addAccount("tenant");
  const session = await signIn(apiClient(gateway, parent));
  const call = apiClient(gateway, session);
  for (const _ of [1, 2]) expect((await call("GET", "/me")).status).toBe(200);
  const { accounts } = gateway.gateway.metadata;
  if (how === "revoked") await accounts.revokeKey(parent.accessKeyId);
  else await accounts.setDisabled(parent.accessKeyId, true);
  expect((await call("GET", "/me")).document.code).toBe("InvalidAccessKeyId");
  expect(await refusalOf(s3As(gateway, session).send(new ListBucketsCommand()))).toBe("InvalidAccessKeyId");
  if (how === "disabled") await accounts.setDisabled(parent.accessKeyId, false);
  expect((await call("GET", "/me")).document.code).toBe("InvalidAccessKeyId");
});

it("of the root key count only while the configuration names it", async () => {
  await using gateway = await startTestGateway();
  const session = await signIn(apiClient(gateway));
  const metadata = { kind: "sqlite", file: `${gateway.directory}/metadata.sqlite`, durable: false } as const;
  await using same = await startTestGateway({ config: { metadata } });
  expect((await apiClient(same, session)("GET", "/me")).status).toBe(200);
  const rootKey = { accessKeyId: "AKIANEWROOT", secretAccessKey: "another-root-secret-0123456789" };
  await using other = await startTestGateway({ config: { metadata, rootKey } });
  expect((await apiClient(other, session)("GET", "/me")).document.code).toBe("InvalidAccessKeyId");
  expect((await apiClient(other, rootKey)("GET", "/me")).status).toBe(200);
});

it("take the URLs that they signed with them", async () => {
  await using gateway = await startTestGateway();
  await gateway.fetch({ method: "PUT", path: "/pictures" });
  await gateway.fetch({ method: "PUT", path: "/pictures/sea", body: "blue" });
  const session = await signIn(apiClient(gateway));
  const url = presign({ endpoint: gateway.url, ...session }, { path: "/pictures/sea", expiresIn: 604_800 });
  expect(await (await fetch(url)).text()).toBe("blue");
  await apiClient(gateway, session)("DELETE", "/sessions/current");
  expect((await fetch(url)).status).toBe(403);
});

it("are deleted once they are over, and their parent is not", async () => {
  await using gateway = await startTestGateway();
  const parent = await gateway.addAccount("tenant");
  await signIn(apiClient(gateway, parent), 5);
  const { accounts } = gateway.gateway.metadata;
  const ids = async () => (await accounts.listKeys()).map(({ sessionOf }) => sessionOf);
  expect(await ids()).toEqual(expect.arrayContaining([undefined, parent.accessKeyId]));
  gateway.clock.advance(6 * MINUTE_MS);
  await gateway.gateway.upkeep.runDue();
  expect(await ids()).toEqual([undefined]);
});
