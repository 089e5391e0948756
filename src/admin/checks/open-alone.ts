/** Opens a backend beside a running gateway, to look at it. Opening makes no bucket and no disk. */
import type { Backend } from "../../backends/backend.ts";
import { type BackendConfig, openBackend } from "../../backends/kinds.ts";

export interface OpenedBackend {
  readonly far: Backend;
  /** Signs URLs for the endpoint that the gateway itself dials. */
  readonly near: Backend;
  close(): Promise<void>;
}

export async function openAlone(config: BackendConfig): Promise<OpenedBackend> {
  const far = await openBackend(config);
  const near = "endpoint" in config ? await openBackend({ ...config, publicEndpoint: config.endpoint }) : far;
  const close = async () => {
    await far.close();
    if (near !== far) await near.close();
  };
  return { far, near, close };
}
