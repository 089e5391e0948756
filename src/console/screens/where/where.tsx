/** Where copies stand on the earth, which one a client would get, and why. */
import { useRef, useState } from "preact/hooks";
import type { Explanation } from "../../../contract/explain.ts";
import type { StatusDocument } from "../../../contract/status.ts";
import { go } from "../../navigation.ts";
import { api, me } from "../../session.ts";
import { type Loaded, useLoaded } from "../../ui/loader.ts";
import { Empty, Failing, Loading } from "../../ui/states.tsx";
import { done } from "../../wire/fault.ts";
import "../fleet/standing.css";
import { Answer } from "./answer.tsx";
import type { Coordinates } from "./earth.ts";
import { FromFields } from "./from-fields.tsx";
import { Legend } from "./legend.tsx";
import { ObjectFields } from "./object-fields.tsx";
import { type Place, placesOf } from "./places.ts";
import { PlacesTable } from "./places-table.tsx";
import { CLIENTS, type Client, explainQueryOf, type From } from "./question.ts";
import { WorldMap } from "./world-map.tsx";
import "./where.css";

interface WhereProps {
  readonly bucket: string;
  readonly objectKey: string;
}

const FLEET_EVERY_MS = 10_000;
const FIRST_CLIENT = CLIENTS[0] as Client;

export function Where({ bucket, objectKey }: WhereProps) {
  const [from, setFrom] = useState<From>({ kind: "here" });
  const [client, setClient] = useState(FIRST_CLIENT);
  const fleet = useFleet();
  const question = explainQueryOf({ bucket, key: objectKey, from, client });
  const explained = useExplained(objectKey === "" ? undefined : question);
  const places = placesOf(fleet.value?.backends, explained.value);
  const addressFault = explained.fault?.errors?.find(({ pointer }) => pointer === "/address")?.detail;
  return (
    <section class="screen where" aria-label="Where it lives">
      <header class="screen-head">
        <h1>Where it lives</h1>
      </header>
      <ObjectFields
        bucket={bucket}
        objectKey={objectKey}
        onChoose={(name, key) => go({ screen: "where", bucket: name, key })}
      />
      <FromFields
        from={from}
        client={client}
        regions={regionsOf(places)}
        addressFault={addressFault && `Expected ${addressFault}`}
        onFrom={setFrom}
        onClient={setClient}
      />
      <div class="where-body">
        <div class="where-map">
          <WorldMap
            places={places}
            client={from.kind === "place" ? from.coordinates : explained.value?.client.coordinates}
            isBusy={explained.isLoading}
            onPick={(coordinates) => setFrom({ kind: "place", coordinates })}
          />
          <Legend />
          <FleetNote fleet={fleet} />
          <PlacesTable places={places} isExplained={explained.value !== undefined} />
        </div>
        <aside class="where-answer" aria-label="Which copy, and why" aria-busy={explained.isLoading}>
          <Panel isAsked={objectKey !== ""} explained={explained} />
        </aside>
      </div>
      <footer class="soft">
        Land: made with Natural Earth, in its projection. Distances are along the earth's surface.
      </footer>
    </section>
  );
}

function Panel({ isAsked, explained }: { readonly isAsked: boolean; readonly explained: Loaded<Explanation> }) {
  if (!isAsked)
    return (
      <Empty icon="map" title="No object is chosen">
        Choose a bucket and a key above, or follow the link in an object's details: this shows which copy a client would
        get, and why. A click on the map says where that client is.
      </Empty>
    );
  if (explained.fault !== undefined) return <Failing fault={explained.fault} retry={explained.reload} />;
  if (explained.value === undefined) return <Loading rows={8} />;
  return <Answer explained={explained.value} />;
}

/** Who may not see the fleet, or cannot now, is told what the map lacks. */
function FleetNote({ fleet }: { readonly fleet: Loaded<StatusDocument> }) {
  if (fleet.fault !== undefined) return <p class="notice">The backends are not up to date: {fleet.fault.message}</p>;
  if (me.value?.operator === false)
    return <p class="soft">Operators see every backend here; you see those that hold a copy of the object.</p>;
  return null;
}

/** Only operators may ask. */
function useFleet(): Loaded<StatusDocument> {
  const isOperator = me.value?.operator === true;
  const load = (signal: AbortSignal) =>
    isOperator ? api<StatusDocument>({ path: "/status", signal }) : Promise.resolve(done(undefined as never));
  return useLoaded(load, [isOperator], FLEET_EVERY_MS);
}

/** While another place is asked about, the answer before stays. */
function useExplained(query: Readonly<Record<string, string | number | undefined>> | undefined): Loaded<Explanation> {
  const object = query && `${query["bucket"]}/${query["key"]}`;
  const kept = useRef<{ readonly object: string | undefined; readonly value: Explanation }>(undefined);
  const load = (signal: AbortSignal) =>
    query === undefined
      ? Promise.resolve(done(undefined as never))
      : api<Explanation>({ path: "/explain", query, signal });
  const loaded = useLoaded(load, [JSON.stringify(query)]);
  if (loaded.value !== undefined) kept.current = { object, value: loaded.value };
  const before = kept.current?.object === object ? kept.current?.value : undefined;
  return { ...loaded, value: loaded.value ?? (loaded.isLoading ? before : undefined) };
}

function regionsOf(places: readonly Place[]): ReadonlyMap<string, Coordinates> {
  return new Map(
    places.flatMap(({ region, coordinates }) =>
      region === undefined || coordinates === undefined ? [] : [[region, coordinates] as const],
    ),
  );
}
