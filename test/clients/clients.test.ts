/** The clients that are quick to start; docs/client-matrix.md has all. */

import { expectClients } from "./expect-client.ts";
import { clients } from "./list.ts";

const named = (name: string) => {
  const client = clients.find((one) => one.name === name);
  if (client === undefined) throw new Error(`no client ${name}`);
  return client;
};

expectClients("quick clients against the gateways", [
  { client: named("@aws-sdk/client-s3"), needs: [], fromStore: [], refusesAlways: true },
  { client: named("mc"), needs: ["mc"], fromStore: [], refusesAlways: true },
  { client: named("s3cmd"), needs: ["s3cmd"], fromStore: [], refusesAlways: true },
  { client: named("rclone"), needs: ["rclone"], fromStore: ["GET from a node", "GET, mode always", "GET in parts"] },
  { client: named("curl -L"), needs: ["curl"], fromStore: ["GET, mode always"] },
]);
