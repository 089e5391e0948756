/** `nearbucket node` in its own process, with an empty disk, as a backend of a gateway. */
import { MAIN } from "./gateway-process.ts";
import { type S3Server, startS3Server } from "./s3-server.ts";

/** Its directory holds its database, and its disk in `disk`. */
export type NodeProcess = S3Server;

export function startNodeProcess(): Promise<NodeProcess> {
  const credentials = { accessKeyId: "AKIANODEROOT", secretAccessKey: "node-root-secret-0123456789" };
  return startS3Server({
    name: "node",
    credentials,
    readyPath: "/-/ready",
    program: async (port, directory) => ({
      path: process.execPath,
      arguments: [MAIN, "node", "--data", directory, "--port", String(port), "--log-level", "warn"],
      env: {
        NEARBUCKET_ROOT_ACCESS_KEY: credentials.accessKeyId,
        NEARBUCKET_ROOT_SECRET_KEY: credentials.secretAccessKey,
      },
    }),
  });
}
