/** The demo's `env` file: what a shell sets so that commands need neither an address nor a key. */
import { credentialsFile } from "./demo-config.ts";
import { shellWord } from "./terminal.ts";

/** `url`: of the gateway. Keys that the shell had before would go before the file's: they are taken away. */
export function environmentText(directory: string, url: string): string {
  return `# For sh, bash and zsh. aws, rclone with env_auth, and nearbucket then speak to this demo, in this shell only.
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
export AWS_SHARED_CREDENTIALS_FILE=${shellWord(credentialsFile(directory))}
export AWS_PROFILE=default AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
export AWS_ENDPOINT_URL_S3=${url} NEARBUCKET_ENDPOINT=${url}
`;
}
