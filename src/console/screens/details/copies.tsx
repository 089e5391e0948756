/** Where the copies of an object stand, what else has the same content, and what a delete frees. */
import type { ObjectDetails } from "../../../contract/objects.ts";
import { hashOf } from "../../routes.ts";
import { api } from "../../session.ts";
import { countOf, formatBytes, formatExactly, formatTime } from "../../ui/format.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Name } from "../../ui/name.tsx";
import { folderOf } from "../browse/names.ts";
import { Fact } from "./facts.tsx";

interface CopiesProps {
  readonly bucket: string;
  readonly objectKey: string;
  /** Another one is another content. */
  readonly etag: string;
}

export function Copies({ bucket, objectKey, etag }: CopiesProps) {
  const query = { bucket, key: objectKey };
  const inputs = [bucket, objectKey, etag];
  const { value, fault } = useLoaded((signal) => api<ObjectDetails>({ path: "/objects", query, signal }), inputs);
  if (value === undefined) return fault && <p class="soft">Where its copies stand is not known: {fault.message}</p>;
  const { replicas, digest, names, freesBytes } = value;
  return (
    <section class="part" aria-label="Copies">
      <h3>Copies</h3>
      <a href={hashOf({ screen: "where", bucket, key: objectKey })}>Where it lives, and which copy a client gets</a>
      <ul class="copies">
        {replicas.map((replica) => (
          <Copy key={replica.backend} {...replica} />
        ))}
      </ul>
      <dl class="facts">
        <Fact name="SHA-256">
          {digest === undefined ? (
            <span class="soft">known once it was read whole</span>
          ) : (
            <span class="mono">{digest}</span>
          )}
        </Fact>
        <Fact name="A delete frees">
          {freesBytes > 0 ? formatBytes(freesBytes) : "nothing: other names hold the same content"}
        </Fact>
      </dl>
      {names.count > 1 && <Names names={names} />}
    </section>
  );
}

function Copy({ backend, region, state, verifiedAt, readReplicaUntil, up }: ObjectDetails["replicas"][number]) {
  return (
    <li>
      <span class={`dot ${(state === "verified" || state === "reader") && up ? "good" : "bad"}`} aria-hidden="true" />
      <span>
        {backend}
        <span class="below">{region}</span>
      </span>
      <span class="end">
        {up ? state : `${state}, away now`}
        {readReplicaUntil !== undefined && <span class="below">read replica until {formatTime(readReplicaUntil)}</span>}
        <span class="below" title={formatExactly(verifiedAt)}>
          {formatTime(verifiedAt)}
        </span>
      </span>
    </li>
  );
}

/** Of this account; the object itself comes first. */
function Names({ names: { count, listed } }: Pick<ObjectDetails, "names">) {
  return (
    <details class="names">
      <summary>{countOf(count, "name")} for this content, stored once</summary>
      <ul>
        {listed.map(({ bucket, key }) => (
          <li key={`${bucket}/${key}`}>
            <a href={hashOf({ screen: "browse", bucket, prefix: folderOf(key), object: key })}>
              <Name text={`${bucket}/${key}`} />
            </a>
          </li>
        ))}
        {count > listed.length && <li class="soft">and {countOf(count - listed.length, "more", "more")}</li>}
      </ul>
    </details>
  );
}
