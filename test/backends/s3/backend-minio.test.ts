// The S3 backend against a real MinIO.
import { S3Backend } from "../../../src/backends/s3/backend.ts";
import { backendContract } from "../../contracts/backend-contract.ts";
import { startMinio } from "../../support/minio.ts";
import { describeWith } from "../../support/programs.ts";

describeWith(["minio"], "S3 backend on MinIO", () => {
  backendContract("MinIO", async () => {
    const minio = await startMinio({ buckets: ["blobs"] });
    const { accessKeyId, secretAccessKey } = minio;
    const backend = new S3Backend({
      name: "minio",
      region: "here",
      endpoint: minio.url,
      bucket: "blobs",
      prefix: "pre/fix ",
      accessKeyId,
      secretAccessKey,
      replayedHeaders: "tolerate",
    });
    return {
      backend,
      close: async () => {
        await backend.close();
        await minio[Symbol.asyncDispose]();
      },
    };
  });
});
