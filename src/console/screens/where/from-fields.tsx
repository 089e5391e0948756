/** Where the client is taken to be, and what it is: the region of a backend, a city, any place, or an address. */
import { useId, useLayoutEffect, useState } from "preact/hooks";
import { Choice } from "../../ui/choice.tsx";
import { Field } from "../../ui/field.tsx";
import { placesToBe } from "./cities.ts";
import type { Coordinates } from "./earth.ts";
import { CLIENTS, type Client, type From, readDegrees } from "./question.ts";

interface FromFieldsProps {
  readonly from: From;
  readonly client: Client;
  /** By name. */
  readonly regions: ReadonlyMap<string, Coordinates>;
  readonly addressFault: string | undefined;
  readonly onFrom: (from: From) => void;
  readonly onClient: (client: Client) => void;
}

const HERE = "here";
const ELSEWHERE = "elsewhere";
const GIVEN = [ELSEWHERE, "the place given here"] as const;

export function FromFields({ from, client, regions, addressFault, onFrom, onClient }: FromFieldsProps) {
  const title = useId();
  const groups = placesToBe(regions);
  const places = groups.flatMap(({ places }) => places);
  const chosen = from.kind === "here" ? HERE : (places.find((place) => isAt(from, place))?.value ?? ELSEWHERE);
  const choosePlace = (value: string) => {
    const found = places.find((place) => place.value === value);
    if (value === HERE) onFrom({ kind: "here" });
    else if (found !== undefined)
      onFrom({ kind: "place", coordinates: { latitude: found.latitude, longitude: found.longitude } });
  };
  return (
    <form class="fields" aria-labelledby={title} onSubmit={(event) => event.preventDefault()}>
      <h2 id={title} class="fields-title">
        Pretend to be
      </h2>
      <Choice
        label="In"
        value={chosen}
        options={[[HERE, "where this browser is"], ...(chosen === ELSEWHERE ? [GIVEN] : [])]}
        groups={groups.map((group) => [group.title, group.places.map(({ value, name }) => [value, name])])}
        onChoose={choosePlace}
      />
      <PlaceFields from={from} onFrom={onFrom} />
      <AddressField from={from} fault={addressFault} onFrom={onFrom} />
      <Choice
        label="Client"
        value={client.name}
        options={CLIENTS.map(({ name }) => [name, name])}
        onChoose={(name) => {
          const found = CLIENTS.find((one) => one.name === name);
          if (found !== undefined) onClient(found);
        }}
      />
    </form>
  );
}

type Part = Pick<FromFieldsProps, "from" | "onFrom">;

function PlaceFields({ from, onFrom }: Part) {
  const [draft, setDraft] = useState({ latitude: "", longitude: "" });
  useLayoutEffect(() => {
    const at = from.kind === "place" ? from.coordinates : undefined;
    setDraft(({ latitude, longitude }) => ({
      latitude: textOf(at?.latitude, latitude, 90),
      longitude: textOf(at?.longitude, longitude, 180),
    }));
  }, [from]);
  const change = (changed: typeof draft) => {
    setDraft(changed);
    const [latitude, longitude] = [readDegrees(changed.latitude, 90), readDegrees(changed.longitude, 180)];
    if (latitude !== undefined && longitude !== undefined)
      onFrom({ kind: "place", coordinates: { latitude, longitude } });
  };
  return (
    <>
      <Field
        label="Latitude"
        value={draft.latitude}
        placeholder="1.35"
        fault={faultOf(draft.latitude, 90)}
        hint="degrees north"
        onInput={(latitude) => change({ ...draft, latitude })}
      />
      <Field
        label="Longitude"
        value={draft.longitude}
        placeholder="103.82"
        fault={faultOf(draft.longitude, 180)}
        hint="degrees east"
        onInput={(longitude) => change({ ...draft, longitude })}
      />
    </>
  );
}

function AddressField({ from, fault, onFrom }: Part & { readonly fault: string | undefined }) {
  const [text, setText] = useState("");
  useLayoutEffect(() => setText(from.kind === "address" ? from.address : ""), [from]);
  const take = () => {
    const address = text.trim();
    if (address !== "") onFrom({ kind: "address", address });
    else if (from.kind === "address") onFrom({ kind: "here" });
  };
  return (
    <div class="address" onChange={take}>
      <Field label="Or at the address" value={text} placeholder="203.0.113.7" fault={fault} onInput={setText} />
    </div>
  );
}

/** What is typed stays where it means the same: `1.` on the way to `1.35`. */
function textOf(degrees: number | undefined, typed: string, limit: 90 | 180): string {
  if (degrees === undefined) return "";
  return readDegrees(typed, limit) === degrees ? typed : String(degrees);
}

/** A field that is still empty has no fault. */
function faultOf(text: string, limit: 90 | 180): string | undefined {
  return text === "" || text === "-" || readDegrees(text, limit) !== undefined ? undefined : `−${limit} to ${limit}`;
}

function isAt(from: From, at: Coordinates): boolean {
  if (from.kind !== "place") return false;
  return from.coordinates.latitude === at.latitude && from.coordinates.longitude === at.longitude;
}
