// The files of the AWS tools, read as these read them.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseIni, readProfile } from "../../src/cli/profile.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

async function home(files: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory();
  const at = (name: string) => join(directory, name);
  for (const [name, text] of Object.entries(files)) await writeFile(at(name), text);
  return { AWS_SHARED_CREDENTIALS_FILE: at("credentials"), AWS_CONFIG_FILE: at("config") };
}

it("reads sections, values, comments and values of values", () => {
  const read = parseIni(
    "# first\n[default]\r\nregion=eu-west-1 ; here\n[ profile   two ]\ns3 =\n  endpoint_url = http://a:1\n  x=y\nkey = a=b#c\n",
  );
  expect(Object.fromEntries(read.get("default") ?? [])).toEqual({ region: "eu-west-1" });
  expect(Object.fromEntries(read.get("profile two") ?? [])).toEqual({
    s3: "",
    "s3.endpoint_url": "http://a:1",
    "s3.x": "y",
    key: "a=b#c",
  });
});

it("takes the key from the credentials, or else from the configuration", async () => {
  const env = await home({
    credentials: "[one]\naws_access_key_id = ONE\naws_secret_access_key = secret-one\n",
    config:
      "[profile one]\naws_access_key_id = OTHER\nregion = eu-1\nendpoint_url = http://one:9000\nca_bundle = /ca.pem\n" +
      "[profile two]\naws_access_key_id = TWO\naws_secret_access_key = secret-two\n",
  });
  expect(await readProfile("one", env)).toEqual({
    accessKeyId: "ONE",
    secretAccessKey: "secret-one",
    region: "eu-1",
    endpoint: "http://one:9000",
    caFile: "/ca.pem",
  });
  expect(await readProfile("two", env)).toMatchObject({ accessKeyId: "TWO", secretAccessKey: "secret-two" });
  expect(await readProfile("three", env)).toBeUndefined();
});

it("prefers the endpoint of S3 to that of all services", async () => {
  const config =
    "[default]\nservices = mine\nendpoint_url = http://all:1\n[services mine]\ns3 =\n  endpoint_url = http://s3:1\n";
  expect((await readProfile("default", await home({ config })))?.endpoint).toBe("http://s3:1");
});

it("finds nothing where there are no files, and looks in no home that is not named", async () => {
  expect(await readProfile("default", await home({}))).toBeUndefined();
  expect(await readProfile("default", {})).toBeUndefined();
});

it("does not pass over a file that cannot be read", async () => {
  const directory = await temporaryDirectory();
  await expect(readProfile("default", { AWS_CONFIG_FILE: directory })).rejects.toThrow("EISDIR");
});
