import { expect, it } from "vitest";
import { apiClient } from "../support/api.ts";
import { startTestGateway } from "../support/gateway.ts";

it("are made once, and listed in pages with what they have", async () => {
  await using gateway = await startTestGateway();
  const call = apiClient(gateway);
  const { status, document } = await call("POST", "/accounts", { body: { name: "empty" } });
  expect([status, document]).toEqual([201, { name: "empty", keys: 0, buckets: 0 }]);
  expect((await call("POST", "/accounts", { body: { name: "empty" } })).document.code).toBe("Conflict");
  const tenant = await gateway.addAccount("tenant");
  await gateway.addAccount("tenant", { accessKeyId: "SECOND" });
  await apiClient(gateway, tenant)("POST", "/sessions", { body: {} });
  await gateway.fetch({ method: "PUT", path: "/pictures" });
  const { document: first } = await call("GET", "/accounts", { query: { limit: "2" } });
  const { document: second } = await call("GET", "/accounts", { query: { limit: "2", cursor: first.next } });
  expect([...first.items, ...second.items]).toEqual([
    { name: "empty", keys: 0, buckets: 0 },
    { name: "root", keys: 0, buckets: 1 },
    { name: "tenant", keys: 2, buckets: 0 },
  ]);
  expect(second.next).toBeUndefined();
});

it("are for operators", async () => {
  await using gateway = await startTestGateway();
  for (const key of [
    await gateway.addAccount("tenant"),
    await gateway.addAccount("root", { scope: { readOnly: true } }),
  ]) {
    const call = apiClient(gateway, key);
    expect((await call("GET", "/accounts")).document.code).toBe("NotAllowed");
    expect((await call("POST", "/accounts", { body: { name: "new" } })).document.code).toBe("NotAllowed");
  }
});
