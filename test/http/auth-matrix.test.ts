// Every route, with every wrong way to authenticate and every payload form: refused before any backend request and
// before any look-up of a name.
// Shows I11 of docs/durability.md.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnyOperation } from "../../src/operations/operation.ts";
import { operations } from "../../src/operations/table.ts";
import { badSignatures } from "../support/bad-signatures.ts";
import { type FaultyS3, startFaultyS3 } from "../support/faulty-s3.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { send } from "../support/raw-request.ts";
import { type PayloadForm, signedFetch, type TestRequest } from "../support/sign.ts";

const FORMS: readonly PayloadForm[] = ["digest", "unsigned", "chunked", "chunked-trailer", "unsigned-trailer"];
const BODY = "<Anything/>";

let stores: readonly FaultyS3[];
let gateway: TestGateway;

beforeAll(async () => {
  stores = await Promise.all([startFaultyS3({ bucket: "far" }), startFaultyS3({ bucket: "far" })]);
  const backends = stores.map((store, index) => ({
    kind: "s3" as const,
    name: `far-${index}`,
    region: `region-${index}`,
    endpoint: store.endpoint,
    bucket: "far",
    accessKeyId: "ak",
    secretAccessKey: "sk-0123456789",
  }));
  gateway = await startTestGateway({ backends, config: { signatureV2: "all" } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  for (const store of stores) await store[Symbol.asyncDispose]();
});

/** What the stores were asked for, the fleet's probes left aside. */
function storageCalls(): number {
  return stores.reduce((sum, { requests }) => sum + requests.filter(({ key }) => key.startsWith("blobs/")).length, 0);
}

/**
 * A request for an operation, against a bucket and key that do not exist: a look-up before the signature would answer
 * so.
 */
function requestFor(operation: AnyOperation, payload: PayloadForm): TestRequest {
  const path =
    operation.on === "service"
      ? "/"
      : operation.on === "newBucket" || operation.on === "bucket"
        ? "/no-such-bucket"
        : "/no-such-bucket/no-such-key";
  const query = Object.fromEntries(
    Object.entries(operation.query ?? {}).map(([name, value]) => [name, value === true ? "1" : value]),
  );
  const headers = operation.header === undefined ? {} : { [operation.header]: "/no-such-bucket/source" };
  const writes = operation.method === "PUT" || operation.method === "POST";
  return { method: operation.method, path, query, headers, ...(writes ? { body: BODY, payload } : {}) };
}

const routes = Object.entries(operations);
const formsOf = (operation: AnyOperation): readonly PayloadForm[] =>
  operation.method === "PUT" || operation.method === "POST" ? FORMS : ["digest"];

describe.each(routes)("%s", (_, operation: AnyOperation) => {
  it.each(formsOf(operation))("refuses every wrong signature (%s)", async (payload) => {
    const signer = {
      endpoint: gateway.url,
      accessKeyId: gateway.accessKeyId,
      secretAccessKey: gateway.secretAccessKey,
    };
    const request = requestFor(operation, payload);
    const before = storageCalls();
    const surprises: string[] = [];
    let tried = 0;
    for (const bad of badSignatures) {
      // No signature at all is no wrong one: the next test asks what it may do.
      if (bad.name.startsWith("anonymous") || bad.applies?.(request) === false) continue;
      tried++;
      const answer = await send(gateway.url, bad.make(signer, request));
      const code = operation.method === "HEAD" ? bad.code : answer.code;
      if (answer.status !== bad.status || code !== bad.code)
        surprises.push(`${bad.name}: ${answer.status} ${answer.code}, expected ${bad.status} ${bad.code}`);
    }
    expect(surprises).toEqual([]);
    expect(tried).toBeGreaterThan(20);
    expect(storageCalls()).toBe(before);
  });

  if (operation.on === "service" || operation.on === "newBucket") return;
  it("is refused for another account and for an anonymous caller", async () => {
    const other = await gateway.addAccount(`other${routes.findIndex(([name]) => name === _)}`);
    await gateway.fetch({ method: "PUT", path: "/owned" });
    await gateway.fetch({ method: "PUT", path: "/owned/no-such-key", body: "private" });
    const before = storageCalls();
    const plain = requestFor(operation, "unsigned");
    const request = { ...plain, path: plain.path.replace("no-such-bucket", "owned") };
    const foreign = await signedFetch({ endpoint: gateway.url, ...other })(request);
    const anonymous = await gateway.fetch({ ...request, authentication: "anonymous" });
    expect([foreign.status, anonymous.status]).toEqual([403, 403]);
    expect(storageCalls()).toBe(before);
  });
});

it("covers at least two thousand cases", () => {
  const cases = routes.reduce((sum, [, operation]) => sum + formsOf(operation).length * badSignatures.length, 0);
  expect(cases).toBeGreaterThanOrEqual(2000);
});
