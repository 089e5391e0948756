import { homedir } from "node:os";
import type { Client } from "./client.ts";
import { awsCli } from "./each/aws-cli.ts";
import { programClient } from "./program.ts";

const CACHE = `${homedir()}/.cache/nearbucket-clients`;
const PROGRAMS = new URL("programs/", import.meta.url).pathname;

const python = (name: string, family: string, script: string, venv = "python"): Client =>
  programClient({ name, family, install: `pip install ${name}` }, () => [
    `${CACHE}/${venv}/bin/python`,
    `${PROGRAMS}python/with_${script}.py`,
  ]);

export const clients: readonly Client[] = [
  awsCli(`${CACHE}/python/bin/aws`),
  python("boto3", "boto3", "boto3"),
  python("s3fs", "botocore", "s3fs", "python-s3fs"),
  python("pyarrow", "aws-sdk-cpp", "pyarrow"),
  python("obstore", "object-store", "obstore"),
  python("polars", "polars", "polars"),
  python("opendal", "none", "opendal"),
  python("duckdb", "duckdb", "duckdb"),
  python("minio-py", "minio-sdk", "minio"),
  python("s3torchconnector", "mountpoint-s3", "s3torch"),
];
