/** Where the copies of an object stand, as the gateway's own API tells. */
import type { ObjectDetails } from "../../../contract/objects.ts";
import { hashOf } from "../../routes.ts";
import { api } from "../../session.ts";
import { countOf } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Fact } from "./facts.tsx";

export function Copies({ bucket, objectKey }: { readonly bucket: string; readonly objectKey: string }) {
  const query = { bucket, key: objectKey };
  const { value } = useLoaded((signal) => api<ObjectDetails>({ path: "/objects", query, signal }), [bucket, objectKey]);
  // Who may not ask for it sees nothing of it.
  if (value === undefined) return null;
  return (
    <section class="part" aria-label="Copies">
      <h3>Copies</h3>
      <a href={hashOf({ screen: "where", bucket, key: objectKey })}>Where it lives, and which copy a client gets</a>
      <ul class="copies">
        {value.replicas.map(({ backend, region, state, up }) => (
          <li key={backend}>
            <span class={`dot ${state === "verified" && up ? "good" : "bad"}`} aria-hidden="true" />
            <span>{backend}</span>
            <span class="soft">{region}</span>
            <span class="soft end">{up ? state : "away"}</span>
          </li>
        ))}
      </ul>
      <dl class="facts">
        {value.digest !== undefined && (
          <Fact name="SHA-256">
            <span class="mono">{value.digest}</span>
          </Fact>
        )}
        {value.names.count > 1 && <Fact name="Same content">{countOf(value.names.count, "name")}, stored once</Fact>}
      </dl>
    </section>
  );
}
