/** CORS rules by the programs that people set them with: aws-cli and boto3. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { BUCKET, type OpenBucket, openBucket } from "../support/open-bucket.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { awsEnvironment } from "./client.ts";

vi.setConfig({ testTimeout: 120_000 });

const RULE = {
  ...{ ID: "pages", AllowedHeaders: ["*"], AllowedMethods: ["GET", "PUT"] },
  ...{ AllowedOrigins: ["https://*.example.com"], ExposeHeaders: ["ETag"], MaxAgeSeconds: 600 },
};

async function environment({ gateway }: OpenBucket): Promise<Record<string, string>> {
  return awsEnvironment({ ...gateway, folder: await temporaryDirectory() });
}

async function preflight({ gateway }: OpenBucket): Promise<[number, string | null]> {
  const headers = { Origin: "https://app.example.com", "Access-Control-Request-Method": "PUT" };
  const answer = await fetch(`${gateway.url}/${BUCKET}/k`, { method: "OPTIONS", headers });
  await answer.arrayBuffer();
  return [answer.status, answer.headers.get("access-control-allow-origin")];
}

describeWith(["aws"], "aws s3api", () => {
  it("puts, shows and deletes CORS rules", async () => {
    await using on = await openBucket();
    const file = join(await temporaryDirectory(), "cors.json");
    await writeFile(file, JSON.stringify({ CORSRules: [RULE] }));
    const env = { ...(await environment(on)), AWS_PAGER: "" };
    const aws = (...words: string[]) =>
      run(neededProgram("aws"), ["--endpoint-url", on.gateway.url, "s3api", ...words, "--bucket", BUCKET], { env });
    await aws("put-bucket-cors", "--cors-configuration", `file://${file}`);
    expect(JSON.parse((await aws("get-bucket-cors", "--output", "json")).toString())).toEqual({ CORSRules: [RULE] });
    expect(await preflight(on)).toEqual([200, "https://app.example.com"]);
    await aws("delete-bucket-cors");
    await expect(aws("get-bucket-cors")).rejects.toThrow("NoSuchCORSConfiguration");
    expect(await preflight(on)).toEqual([403, null]);
  });
});

const SCRIPT = `
import boto3, json, sys
s3 = boto3.client("s3", endpoint_url=sys.argv[1])
rules = json.loads(sys.argv[3])
s3.put_bucket_cors(Bucket=sys.argv[2], CORSConfiguration={"CORSRules": rules})
assert s3.get_bucket_cors(Bucket=sys.argv[2])["CORSRules"] == rules
for wrong in [[], [{"AllowedOrigins": ["*"], "AllowedMethods": ["PATCH"]}]]:
    try:
        s3.put_bucket_cors(Bucket=sys.argv[2], CORSConfiguration={"CORSRules": wrong})
    except s3.exceptions.ClientError as error:
        print(error.response["Error"]["Code"])
assert s3.get_bucket_cors(Bucket=sys.argv[2])["CORSRules"] == rules
s3.delete_bucket_cors(Bucket=sys.argv[2])
try:
    s3.get_bucket_cors(Bucket=sys.argv[2])
except s3.exceptions.ClientError as error:
    print(error.response["Error"]["Code"])
`;

describeWith(["boto3"], "boto3", () => {
  it("puts, shows and deletes CORS rules, and hears what is wrong with others", async () => {
    await using on = await openBucket();
    const words = ["-c", SCRIPT, on.gateway.url, BUCKET, JSON.stringify([RULE])];
    const printed = await run(neededProgram("boto3"), words, { env: await environment(on) });
    expect(printed.toString().split("\n")).toEqual(["MalformedXML", "InvalidRequest", "NoSuchCORSConfiguration", ""]);
  });
});
