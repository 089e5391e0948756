import { join } from "node:path";
import knexFactory from "knex";
import { expect, it, onTestFinished } from "vitest";
import { apiClient } from "../support/api.ts";
import { type OpenBucket, openBucket } from "../support/open-bucket.ts";

async function opened(): Promise<OpenBucket> {
  const on = await openBucket();
  onTestFinished(() => on[Symbol.asyncDispose]());
  await on.put("a%20b/%C3%BC(1)'.txt", "linked", { "content-type": "text/x" });
  return on;
}

/** Makes a key what signing in makes: a session of another. */
async function markSession({ gateway }: OpenBucket, accessKeyId: string, parent: string): Promise<void> {
  const connection = { filename: join(gateway.directory, "metadata.sqlite") };
  const knex = knexFactory({ client: "sqlite3", connection, useNullAsDefault: true });
  await knex("access_keys").where("access_key_id", accessKeyId).update("session_of", parent);
  await knex.destroy();
}

const KEY = "a b/ü(1)'.txt";
const linkTo = (key: string, more: object = {}) => ({ bucket: "bucket", key, expiresSeconds: 600, ...more });

it("lets anyone read one object for a time, and no longer", async () => {
  const on = await opened();
  const { document } = await apiClient(on.gateway)("POST", "/links", { body: linkTo(KEY) });
  const answer = await fetch(on.gateway.url + document.path);
  expect([answer.status, await answer.text(), answer.headers.get("content-type")]).toEqual([200, "linked", "text/x"]);
  expect(answer.headers.get("content-disposition")).toBeNull();
  expect(Date.parse(document.expiresAt) - Date.now()).toBeLessThanOrEqual(600_000);
  expect((await fetch(on.gateway.url + document.path.replace("a%20b", "a%20c"))).status).toBe(403);
  on.gateway.clock.advance(601_000);
  expect((await fetch(on.gateway.url + document.path)).status).toBe(403);
});

it.each([
  ["plain.txt", `attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`],
  ['Grüße "1".txt', `attachment; filename="Gr__e _1_.txt"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%221%22.txt`],
  ["../100%;\n.txt", `attachment; filename=".._100_;_.txt"; filename*=UTF-8''.._100%25%3B_.txt`],
])("has it saved as %j where asked to", async (filename, disposition) => {
  const on = await opened();
  const { document } = await apiClient(on.gateway)("POST", "/links", { body: linkTo(KEY, { filename }) });
  const answer = await fetch(on.gateway.url + document.path);
  expect([answer.status, answer.headers.get("content-disposition")]).toEqual([200, disposition]);
});

it("holds no secret, and works for a key of the database", async () => {
  const on = await opened();
  const key = await on.gateway.addAccount("root", { scope: { readOnly: true } });
  const { document } = await apiClient(on.gateway, key)("POST", "/links", { body: linkTo(KEY) });
  expect(document.path).toContain(`X-Amz-Credential=${key.accessKeyId}%2F`);
  expect(document.path).not.toContain(key.secretAccessKey);
  expect((await fetch(on.gateway.url + document.path)).status).toBe(200);
});

it("ends with the key that signs it", async () => {
  const on = await opened();
  const expiresAt = new Date(Date.now() + 60_000);
  const key = await on.gateway.addAccount("root", { expiresAt });
  const { document } = await apiClient(on.gateway, key)("POST", "/links", { body: linkTo(KEY) });
  expect(Date.parse(document.expiresAt)).toBeLessThanOrEqual(expiresAt.getTime());
  expect(Date.parse(document.expiresAt)).toBeGreaterThan(expiresAt.getTime() - 2000);
});

it("is signed with the key that signed in, and outlives the session", async () => {
  const on = await opened();
  const session = await on.gateway.addAccount("root", {
    accessKeyId: "AKIASESSION",
    expiresAt: new Date(Date.now() + 60_000),
  });
  await markSession(on, session.accessKeyId, on.gateway.accessKeyId);
  const { document } = await apiClient(on.gateway, session)("POST", "/links", { body: linkTo(KEY) });
  expect(document.path).toContain(`X-Amz-Credential=${on.gateway.accessKeyId}%2F`);
  await on.gateway.gateway.metadata.accounts.revokeKey(session.accessKeyId);
  on.gateway.clock.advance(120_000);
  expect((await fetch(on.gateway.url + document.path)).status).toBe(200);
});

it("is not made when the key that signed in is disabled", async () => {
  const on = await opened();
  const parent = await on.gateway.addAccount("root", { accessKeyId: "AKIAPARENT" });
  const session = await on.gateway.addAccount("root", { accessKeyId: "AKIASESSION" });
  await markSession(on, session.accessKeyId, parent.accessKeyId);
  await on.gateway.gateway.metadata.accounts.setDisabled(parent.accessKeyId, true);
  const { document } = await apiClient(on.gateway, session)("POST", "/links", { body: linkTo(KEY) });
  expect(document.code).toBe("NotAllowed");
});

it("is made only of what the caller may read, for a week at most", async () => {
  const on = await opened();
  const call = apiClient(on.gateway);
  const stranger = apiClient(on.gateway, await on.gateway.addAccount("stranger"));
  expect((await stranger("POST", "/links", { body: linkTo(KEY) })).document.code).toBe("AccessDenied");
  const scope = { places: [{ bucket: "bucket", prefix: "b/" }] };
  const limited = apiClient(on.gateway, await on.gateway.addAccount("root", { scope }));
  expect((await limited("POST", "/links", { body: linkTo(KEY) })).document.code).toBe("AccessDenied");
  expect((await call("POST", "/links", { body: linkTo("missing") })).document.code).toBe("NoSuchKey");
  const long = await call("POST", "/links", { body: linkTo(KEY, { expiresSeconds: 604_801 }) });
  expect(long.document).toMatchObject({ code: "BadRequest", errors: [{ pointer: "/expiresSeconds" }] });
  expect((await call("POST", "/links", { body: linkTo(KEY, { expiresSeconds: 604_800 }) })).status).toBe(200);
});
