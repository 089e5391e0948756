/** Makes an access key: whose it is, what it may do, from where, and until when. */
import { useState } from "preact/hooks";
import type { MadeKey } from "../../../../contract/keys.ts";
import { api, me } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Choice, Tick } from "../../../ui/choice.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { entriesOf } from "../../../ui/entries.ts";
import { FaultText } from "../../../ui/fault-text.tsx";
import { Field } from "../../../ui/field.tsx";
import { faultAt, faultBeside } from "../../../ui/field-faults.ts";
import { Lines } from "../../../ui/lines.tsx";
import { serverTime } from "../../../wire/send.ts";
import { newKeyOf } from "./key-form.ts";

const ENDS = [
  ["0", "Never"],
  ["1", "In a day"],
  ["30", "In 30 days"],
  ["90", "In 90 days"],
  ["365", "In a year"],
] as const;

const FIELDS = ["/account", "/scope/places", "/scope/networks", "/expiresAt"];

interface MakeKeyProps {
  readonly onClose: () => void;
  readonly onMade: (key: MadeKey) => void;
}

export function MakeKey({ onClose, onMade }: MakeKeyProps) {
  const [account, setAccount] = useState("");
  const [isReadOnly, setReadOnly] = useState(false);
  const [places, setPlaces] = useState("");
  const [networks, setNetworks] = useState("");
  const [days, setDays] = useState("0");
  const { busy, fault, run } = useAction<MadeKey>(onMade);
  const make = () => {
    const lists = { places: entriesOf(places), networks: entriesOf(networks) };
    const body = newKeyOf({ account: account.trim(), isReadOnly, ...lists, days: Number(days) }, serverTime());
    return run(() => api<MadeKey>({ method: "POST", path: "/keys", body }));
  };
  return (
    <Dialog title="New access key" action="Make" busy={busy} onAction={() => void make()} onClose={onClose}>
      {me.value?.operator === true && (
        <Field
          label="Account"
          value={account}
          placeholder={me.value.account}
          fault={faultAt(fault, "/account")}
          hint="Made when it is new. Empty: your own."
          onInput={setAccount}
        />
      )}
      <Tick label="Read only: it changes and deletes nothing" isTicked={isReadOnly} onTick={setReadOnly} />
      <Lines
        label="Only in these buckets or folders"
        value={places}
        placeholder={"photos\nbackups/laptop/"}
        fault={faultAt(fault, "/scope/places")}
        hint="One a line. Empty: everything of the account."
        onInput={setPlaces}
      />
      <Lines
        label="Only from these networks"
        value={networks}
        placeholder="192.0.2.0/24"
        fault={faultAt(fault, "/scope/networks")}
        hint="One a line. Empty: from anywhere."
        onInput={setNetworks}
      />
      <Choice label="Ends" value={days} options={ENDS} fault={faultAt(fault, "/expiresAt")} onChoose={setDays} />
      <FaultText fault={faultBeside(fault, FIELDS)} />
    </Dialog>
  );
}
