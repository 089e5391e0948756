/** Environment variables that configure rclone's remote `gateway:`, so that rclone reads no file of the user. */
import type { Credentials } from "./gateway.ts";

/** `config` is an empty file. */
export function rcloneEnvironment(
  endpoint: string,
  { accessKeyId, secretAccessKey }: Credentials,
  config: string,
): Record<string, string> {
  return {
    RCLONE_CONFIG: config,
    RCLONE_CONFIG_GATEWAY_TYPE: "s3",
    RCLONE_CONFIG_GATEWAY_PROVIDER: "Other",
    RCLONE_CONFIG_GATEWAY_ENDPOINT: endpoint,
    RCLONE_CONFIG_GATEWAY_REGION: "us-east-1",
    RCLONE_CONFIG_GATEWAY_ACCESS_KEY_ID: accessKeyId,
    RCLONE_CONFIG_GATEWAY_SECRET_ACCESS_KEY: secretAccessKey,
    RCLONE_RETRIES: "1",
  };
}
