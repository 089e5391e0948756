/** The clients, as the matrix lists them. What they are run from stands in the cache that install.ts fills. */
import { join } from "node:path";
import type { Client } from "./client.ts";
import { awsCli } from "./each/aws-cli.ts";
import { chromium, sdkInChromium } from "./each/chromium.ts";
import { curl } from "./each/curl.ts";
import { aria2, wget } from "./each/downloaders.ts";
import { mc } from "./each/mc.ts";
import { rclone } from "./each/rclone.ts";
import { s3cmd } from "./each/s3cmd.ts";
import { s3fsFuse } from "./each/s3fs-fuse.ts";
import { s5cmd } from "./each/s5cmd.ts";
import { CACHE, PROGRAMS } from "./install.ts";
import { programClient } from "./program.ts";

const MODULES = join(CACHE, "npm/node_modules");

const python = (name: string, family: string, script: string, venv = "python"): Client =>
  programClient({ name, family, install: `pip install ${name}` }, [
    join(CACHE, venv, "bin/python"),
    join(PROGRAMS, `python/with_${script}.py`),
  ]);
const go = (name: string, module: string): Client =>
  programClient({ name, family: name === "minio-go" ? "minio-sdk" : name, install: `go get ${module}` }, [
    join(CACHE, "go", name),
  ]);
const node = (name: string, family: string, script: string, program = process.execPath): Client =>
  programClient({ name, family, install: `npm install ${name}` }, [program, join(PROGRAMS, `node/${script}.mjs`)], {
    CLIENT_MODULES: MODULES,
    AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE: "1",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  });
const rust = (name: string, family: string, crate: string): Client =>
  programClient({ name, family, install: `cargo add ${crate}` }, [join(CACHE, "rust/debug", family)]);
const java = (http: string): Client =>
  programClient(
    { name: `aws-sdk-java 2 (${http})`, family: "aws-sdk-java", install: "software.amazon.awssdk:s3" },
    ["java", "-cp", `${join(CACHE, "java/classes")}:${join(CACHE, "java/libraries/*")}`, "Main"],
    { HTTP_CLIENT: http },
  );

export const clients: readonly Client[] = [
  awsCli(join(CACHE, "python/bin/aws")),
  { ...awsCli("/usr/bin/aws", "aws-cli 2"), install: "apt install awscli" },
  python("boto3", "boto3", "boto3"),
  python("s3fs", "aiobotocore", "s3fs", "python-s3fs"),
  python("pyarrow", "aws-sdk-cpp", "pyarrow"),
  python("obstore", "object-store", "obstore"),
  python("polars", "polars", "polars"),
  python("opendal", "none", "opendal"),
  python("duckdb", "duckdb", "duckdb"),
  python("minio-py", "minio-sdk", "minio"),
  python("s3torchconnector", "mountpoint-s3", "s3torch"),
  node("@aws-sdk/client-s3", "aws-sdk-js-v3", "aws-sdk-v3"),
  node("aws-sdk", "aws-sdk-js-v2", "aws-sdk-v2"),
  node("minio", "minio-sdk", "minio-js"),
  node("bun", "bun", "bun", join(MODULES, ".bin/bun")),
  go("aws-sdk-go-v2", "github.com/aws/aws-sdk-go-v2/service/s3"),
  go("aws-sdk-go", "github.com/aws/aws-sdk-go"),
  go("minio-go", "github.com/minio/minio-go/v7"),
  s5cmd(join(CACHE, "go/s5cmd")),
  rclone,
  mc,
  java("apache"),
  java("url-connection"),
  rust("aws-sdk-rust", "aws-sdk-rust", "aws-sdk-s3"),
  rust("object_store", "object-store", "object_store"),
  programClient({ name: "aws-sdk-ruby", family: "aws-sdk-ruby", install: "apt install ruby-aws-sdk-s3" }, [
    "ruby",
    join(PROGRAMS, "ruby/aws-sdk.rb"),
  ]),
  sdkInChromium,
  s3cmd,
  s3fsFuse,
  chromium,
  curl,
  wget,
  aria2,
];
