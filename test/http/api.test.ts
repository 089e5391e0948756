import { expect, it } from "vitest";
import { apiClient } from "../support/api.ts";
import { startTestGateway } from "../support/gateway.ts";

it("says who is asking, to a signed request", async () => {
  await using gateway = await startTestGateway();
  const { status, headers, document } = await apiClient(gateway)("GET", "/me");
  expect(status).toBe(200);
  expect(headers["cache-control"]).toBe("no-store");
  expect(document).toMatchObject({ account: "root", accessKeyId: gateway.accessKeyId, operator: true });
});

it("takes neither another account's key nor a limited one of the root account for an operator's", async () => {
  await using gateway = await startTestGateway();
  const other = apiClient(gateway, await gateway.addAccount("other"));
  expect((await other("GET", "/me")).document).toMatchObject({ account: "other", operator: false });
  const limited = apiClient(gateway, await gateway.addAccount("root", { scope: { readOnly: true } }));
  expect((await limited("GET", "/me")).document).toMatchObject({ account: "root", operator: false });
});

it("refuses what is not signed, with a problem that names the request", async () => {
  await using gateway = await startTestGateway();
  const { status, headers, document } = await apiClient(gateway)("GET", "/me", { authentication: "anonymous" });
  expect(status).toBe(401);
  expect(document).toMatchObject({ code: "NotSigned", instance: headers["x-amz-request-id"] });
});

it.each(["v4-query", "v2", "v2-query"] as const)("refuses a signature of the form %s", async (authentication) => {
  await using gateway = await startTestGateway({ config: { signatureV2: "all" } });
  expect((await apiClient(gateway)("GET", "/me", { authentication })).document.code).toBe("NotSigned");
});

it("refuses a wrong signature with S3's own code", async () => {
  await using gateway = await startTestGateway();
  const wrong = apiClient(gateway, { ...gateway, secretAccessKey: "another-secret" });
  expect((await wrong("GET", "/me")).document).toMatchObject({ code: "SignatureDoesNotMatch", status: 403 });
});

it("refuses a key from a network that it is not good for", async () => {
  await using gateway = await startTestGateway();
  const key = await gateway.addAccount("other", { scope: { networks: ["203.0.113.0/24"] } });
  expect((await apiClient(gateway, key)("GET", "/me")).document).toMatchObject({
    code: "NotAllowed",
    detail: "This access key is limited to some networks, and may not be used from this address",
  });
});

it("answers unknown calls and methods with problems", async () => {
  await using gateway = await startTestGateway();
  const call = apiClient(gateway);
  expect((await call("GET", "/nothing")).document).toMatchObject({ code: "NotFound", status: 404 });
  expect((await call("DELETE", "/me")).document).toMatchObject({ code: "MethodNotAllowed", status: 405 });
});

it("describes itself to anyone", async () => {
  await using gateway = await startTestGateway();
  const answer = await fetch(`${gateway.url}/-/api/v1/openapi.json`);
  expect(await answer.json()).toMatchObject({ openapi: "3.1.0", paths: { "/me": { get: { operationId: "getMe" } } } });
});
