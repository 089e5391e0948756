/** The two files that `nearbucket init` writes: the configuration, and apart from it what is secret. Pure. */
import { stringify } from "yaml";
import type { KeyPair } from "../random-key.ts";
import type { Store } from "./init-stores.ts";
import { shellWord } from "./terminal.ts";

/** `copies`: 1 while a single store is tried. */
export function configurationText(stores: readonly Store[], port: number, copies: number): string {
  const regions = [...new Map(stores.map(({ region: name, at }) => [name, { name, ...at }])).values()];
  return `# nearbucket. Every key: docs/configuration.md. Secrets are in the environment, by \${NAME}.

listen: { host: 127.0.0.1, port: ${port} }

# How many stores a write waits for. Losing one of two loses nothing.
copies: ${copies}

# Where the stores are, in degrees: reads go to the closest. 0, 0 says that nobody told.
${stringify({ regions }).trimEnd()}

# A service that clients reach themselves, at publicEndpoint, sends them the bytes; without one they come through here.
${stringify({ backends: stores.map(backendOf) }).trimEnd()}
`;
}

function backendOf(store: Store): object {
  const { name, region } = store;
  if ("directory" in store) return { kind: "disk", name, region, directory: store.directory };
  const { endpoint, bucket, node } = store;
  const keys = { accessKeyId: `\${${variable(name)}_ACCESS_KEY}`, secretAccessKey: `\${${variable(name)}_SECRET_KEY}` };
  return { kind: node ? "node" : "s3", name, region, endpoint, bucket, createBucket: true, ...keys };
}

/** By name, what the configuration refers to, and the gateway's own root key. */
export function secretsOf(stores: readonly Store[], rootKey: KeyPair): Readonly<Record<string, string>> {
  const own = stores.flatMap((store) =>
    "endpoint" in store
      ? [
          [`${variable(store.name)}_ACCESS_KEY`, store.accessKeyId],
          [`${variable(store.name)}_SECRET_KEY`, store.secretAccessKey],
        ]
      : [],
  );
  return {
    NEARBUCKET_ROOT_ACCESS_KEY: rootKey.accessKeyId,
    NEARBUCKET_ROOT_SECRET_KEY: rootKey.secretAccessKey,
    ...Object.fromEntries(own),
  };
}

/** For a shell with \`set -a\`, and for systemd's EnvironmentFile. */
export function environmentFileText(secrets: Readonly<Record<string, string>>): string {
  const lines = Object.entries(secrets).map(([name, value]) => `${name}=${shellWord(value)}`);
  return `# Secrets of nearbucket.yaml, for its owner only.\n${lines.join("\n")}\n`;
}

function variable(name: string): string {
  return `STORE_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
}
