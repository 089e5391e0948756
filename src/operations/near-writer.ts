/** The regions of backends, closest to the client first, where the bucket wants its first copies near their writer. */
import type { ObjectCall, Services } from "./operation.ts";

/** Empty: the bucket does not, or nobody knows where the client is. */
export function nearWriter(
  { bucket, client, headers }: Pick<ObjectCall, "bucket" | "client" | "headers">,
  { delivery }: Pick<Services, "delivery">,
): readonly string[] {
  if (bucket.settings.placement !== "nearest-writer") return [];
  return delivery.regionsNear({ headers, trustedPeer: client.trustedPeer, clientAddress: client.address });
}
