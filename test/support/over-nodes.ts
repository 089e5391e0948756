/** For the tests of redirects: one bucket of a gateway over two nodes in this process, which clients are sent to. */
import type { GatewayConfigInput } from "../../src/config/schema.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { type OpenBucket, openBucket } from "./open-bucket.ts";

interface OverNodes extends OpenBucket {
  readonly nodes: readonly TestGateway[];
}

export async function openOverNodes(config: Partial<GatewayConfigInput>): Promise<OverNodes> {
  const nodes: TestGateway[] = [];
  for (let n = 0; n < 2; n += 1) nodes.push(await startTestGateway({ backends: 1, config: { role: "node" } }));
  const backends = nodes.map(({ url, port, accessKeyId, secretAccessKey }, n) => ({
    kind: "node" as const,
    name: `node-${n}`,
    region: `region-${n}`,
    endpoint: url,
    publicEndpoint: `http://localhost:${port}`,
    bucket: "store",
    accessKeyId,
    secretAccessKey,
  }));
  const on = await openBucket({ backends, config });
  return {
    ...on,
    nodes,
    async [Symbol.asyncDispose]() {
      await on[Symbol.asyncDispose]();
      for (const node of nodes) await node[Symbol.asyncDispose]();
    },
  };
}
