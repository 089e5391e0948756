// The S3 backend against the faulty S3 server, with no fault scripted.
import { S3Backend } from "../../../src/backends/s3/backend.ts";
import { backendContract } from "../../contracts/backend-contract.ts";
import { startFaultyS3 } from "../../support/faulty-s3.ts";

backendContract("S3", async () => {
  const store = await startFaultyS3();
  store.pageSize = 3;
  const backend = new S3Backend({
    name: "s3",
    region: "here",
    endpoint: store.endpoint,
    bucket: store.bucket,
    prefix: "p/",
    accessKeyId: "key",
    secretAccessKey: "secret",
    replayedHeaders: "strict",
  });
  return {
    backend,
    close: async () => {
      await backend.close();
      await store[Symbol.asyncDispose]();
    },
  };
});
