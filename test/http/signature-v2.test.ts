// Parameters that a Signature Version 2 does not cover are refused, and a value that is not a valid header never
// becomes one.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";
import { type Answer, send } from "../support/raw-request.ts";
import { prepare, type SignerOptions, type TestRequest } from "../support/sign.ts";

let gateway: TestGateway;
let signer: SignerOptions;

beforeAll(async () => {
  gateway = await startTestGateway();
  const { url: endpoint, accessKeyId, secretAccessKey } = gateway;
  signer = { endpoint, accessKeyId, secretAccessKey };
  await gateway.fetch({ method: "PUT", path: "/bucket" });
  for (const key of ["a/1", "b/2"]) await gateway.fetch({ method: "PUT", path: `/bucket/${key}`, body: key });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Presigns by version 2, then lets somebody change the URL. */
function bent(request: TestRequest, change: (target: string) => string = (target) => target): Promise<Answer> {
  const prepared = prepare(signer, { authentication: "v2-query", ...request });
  return send(gateway.url, { ...prepared, target: change(prepared.target) });
}

describe("a URL presigned by version 2", () => {
  it("reads, lists and overrides reply headers", async () => {
    expect(await bent({ path: "/bucket/a/1" })).toMatchObject({ status: 200, text: "a/1" });
    expect((await bent({ path: "/bucket" })).text).toContain("<Key>b/2</Key>");
    const answer = await bent({ path: "/bucket/a/1?response-content-type=text%2Fx%26y" });
    expect(answer.headers["content-type"]).toBe("text/x&y");
  });

  it.each(["prefix=b/", "list-type=2", "marker=a", "delimiter=/", "max-keys=1"])(
    "cannot be aimed elsewhere by %s",
    async (parameter) => {
      expect(await bent({ path: "/bucket" }, (target) => `${target}&${parameter}`)).toMatchObject({
        status: 403,
        code: "AccessDenied",
      });
    },
  );

  it("may have parameters that S3 does not define", async () => {
    expect((await bent({ path: "/bucket/a/1" }, (target) => `${target}&x-campaign=7`)).status).toBe(200);
  });

  it("for a part does not write an object", async () => {
    const fold = (target: string) => target.replace("&uploadId", "%26uploadId");
    const part = { method: "PUT", path: "/bucket/a/1?partNumber=1&uploadId=u", body: "another" };
    expect(await bent(part, fold)).toMatchObject({ status: 403, code: "AccessDenied" });
    expect((await gateway.fetch({ path: "/bucket/a/1" })).text).toBe("a/1");
  });

  it("is valid for a week at most", async () => {
    expect((await bent({ path: "/bucket/a/1", expiresIn: 604_800 })).status).toBe(200);
    expect(await bent({ path: "/bucket/a/1", expiresIn: 606_000 })).toMatchObject({
      status: 400,
      code: "AuthorizationQueryParametersError",
    });
  });
});

it("refuses a version 2 Authorization header unless configured", async () => {
  expect(await bent({ path: "/bucket/a/1", authentication: "v2" })).toMatchObject({
    status: 400,
    code: "InvalidRequest",
  });
});

it("refuses version 2 in either place on a node", async () => {
  await using node = await startTestGateway({ config: { role: "node" } });
  for (const authentication of ["v2", "v2-query"] as const)
    expect(await node.fetch({ path: "/", authentication })).toMatchObject({ status: 400, code: "InvalidRequest" });
});

describe.each(["v2-query", "v4-query"] as const)("a header in the query of a URL signed by %s", (authentication) => {
  it.each([
    "x-amz-meta-a=1%0D%0Ax:2",
    "x-amz-meta-a=%0A",
    "x-amz-meta-a=%7F",
    "x-amz-meta-a%0A=1",
    "x-amz-meta-a%20b=1",
  ])("is refused as %s", async (parameter) => {
    const answer = await bent({ method: "PUT", path: `/bucket/bad?${parameter}`, body: "x", authentication });
    expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect((await gateway.fetch({ path: "/bucket/bad" })).status).toBe(404);
  });
});

it("is refused with a control character in the content type in its query", async () => {
  const answer = await bent({ method: "PUT", path: "/bucket/bad?content-type=a%0Ab", body: "x" });
  expect(answer).toMatchObject({ status: 400, code: "InvalidArgument" });
});
