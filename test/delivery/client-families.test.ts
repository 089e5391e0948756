import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/delivery/client-families.ts";

describe("familyOf", () => {
  it.each([
    ["aws-cli/2.36.7 md/awscrt#0.27 ua/2.1 os/linux", "aws-cli", "refuses"],
    ["aws-cli/1.45.0 md/Botocore#1.43.0 ua/2.1", "aws-cli", "refuses"],
    ["Boto3/1.43.0 md/Botocore#1.43.0", "boto3", "refuses"],
    ["Botocore/1.43.0", "botocore", "refuses"],
    ["aws-sdk-go-v2/1.36.3 os/linux", "aws-sdk-go-v2", "follows"],
    ["aws-sdk-go/1.44.298 (go1.20; linux; amd64) S3Manager", "aws-sdk-go", "follows"],
    ["MinIO (linux; amd64) minio-go/v7.0.90 mc/RELEASE", "minio-sdk", "refuses"],
    ["rclone/v1.76.0", "rclone", "modified-time"],
    ["rclone/v1.75.0", "rclone", "modified-time"],
    ["rclone/v1.74.9", "rclone-other", "modified-time"],
    ["rclone/v1.9.0-DEV", "rclone-other", "modified-time"],
    ["rclone/", "rclone-other", "modified-time"],
    ["object_store/0.14.1", "object-store", "follows"],
    ["object_store/0.15.0-rc.1", "object-store", "follows"],
    ["object_store/0.14.0", "object-store-before-0.14.1", "refuses"],
    ["object_store/0.14", "object-store-before-0.14.1", "refuses"],
    ["object_store/1.0", "object-store", "follows"],
    ["polars/0.55.1", "polars", "follows"],
    ["polars/0.55.0", "polars-before-0.55.1", "refuses"],
    ["polars/0.26 object_store/0.14.1", "polars-before-0.55.1", "refuses"],
    ["duckdb/v1.5.5(linux_amd64) cpp", "duckdb", "follows"],
    ["duckdb/v1.4.4(linux_amd64) cpp", "duckdb-before-1.5", "refuses"],
    ["aiobotocore/3.10.0 md/Botocore#1.43.117 ua/2.1 botocore/1.43.117", "aiobotocore", "follows"],
    ["aws-sdk-cpp/1.11.900 ua/2.1 api/S3 os/Linux md/http#curl m/Z,b", "aws-sdk-cpp", "follows"],
    ["aws-sdk-cpp/1.11.900 ua/2.1 api/S3 os/Windows md/http#winhttp", "aws-sdk-cpp-other", "refuses"],
    ["aws-sdk-cpp/1.9.1 md/http#curl", "aws-sdk-cpp-other", "refuses"],
    ["aws-sdk-php/3.300.1 ua/2.0 OS/Linux GuzzleHttp/7.8.1", "aws-sdk-php", "follows"],
    ["aws-sdk-php/3.300.1 ua/2.0 OS/Linux GuzzleHttp/6.5", "aws-sdk-php-other", "refuses"],
    ["s3fs/1.90 (commit hash unknown; OpenSSL)", "s3fs-fuse", "follows"],
    ["Bun/1.4.0", "bun", "follows"],
    ["aws-sdk-js/3.1169.0 ua/2.1 os/linux lang/js md/nodejs#20.20.2", "aws-sdk-js-v3", "browser"],
    ["Hadoop 3.4.1, aws-sdk-java/2.25", "hadoop", "refuses"],
    ["something/1.0", "unknown", "refuses"],
    ["", "none", "refuses"],
  ])("%s is %s", (userAgent, name, signing) => {
    expect(familyOf(userAgent)).toMatchObject({ name, signing });
  });

  it.each([
    "Go-http-client/2.0",
    "python-requests/2.31.0",
    "okhttp/4.12.0",
    "aria2/1.36.0",
    "axios/1.7",
    "undici",
    "Bun/1.4.0",
  ])("%s follows a signed URL", (userAgent) => {
    expect(familyOf(userAgent).plain).toBe("follows");
  });

  it("takes Wget for one that gives its files the time that it is told", () => {
    expect(familyOf("Wget/1.21.3").plain).toBe("modified-time");
  });

  it("remembers no more agents than it may", () => {
    for (let index = 0; index < 5000; index++) familyOf(`agent-${index} Bun/1`);
    expect(familyOf("agent-1 Bun/1").name).toBe("bun");
  });
});
