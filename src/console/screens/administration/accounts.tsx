/** Accounts: they own buckets and access keys. For operators. */
import { useState } from "preact/hooks";
import type { AccountDocument } from "../../../contract/keys.ts";
import { api } from "../../session.ts";
import { useAction } from "../../ui/action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { FaultText } from "../../ui/fault-text.tsx";
import { Field } from "../../ui/field.tsx";
import { formatCount } from "../../ui/format.ts";
import { useListed } from "../../ui/listed.ts";
import { More } from "../../ui/more.tsx";
import { Screen } from "../../ui/screen.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { say } from "../../ui/toast.tsx";

const COLUMNS: readonly Column<AccountDocument>[] = [
  { title: "Account", cell: ({ name }) => <strong>{name}</strong> },
  { title: "Access keys", cell: ({ keys }) => formatCount(keys), isNumber: true },
  { title: "Buckets", cell: ({ buckets }) => formatCount(buckets), isNumber: true },
];

export function Accounts() {
  const list = useListed(api<{ items: AccountDocument[]; next?: string }>, { path: "/accounts" });
  const [isMaking, setMaking] = useState(false);
  const made = (name: string) => {
    setMaking(false);
    say(`Made the account ${name}. It has no access key yet.`);
    list.reload();
  };
  return (
    <Screen
      title="Accounts"
      loaded={list}
      actions={
        <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
          New account
        </Button>
      }
      beside={isMaking && <MakeAccount onClose={() => setMaking(false)} onMade={made} />}
    >
      {({ items }) => (
        <>
          {items.length === 0 ? (
            <Empty icon="tag" title="No accounts yet">
              The root key of the configuration has one of its own. Make others to keep people or programs apart.
            </Empty>
          ) : (
            <Table label="Accounts" columns={COLUMNS} rows={items} keyOf={({ name }) => name} />
          )}
          <More list={list} />
        </>
      )}
    </Screen>
  );
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;

function MakeAccount(props: { readonly onClose: () => void; readonly onMade: (name: string) => void }) {
  const [name, setName] = useState("");
  const { busy, fault, run, forget } = useAction<AccountDocument>((account) => props.onMade(account.name));
  const isGood = NAME.test(name);
  return (
    <Dialog
      title="New account"
      action="Make"
      busy={busy}
      disabled={!isGood}
      onAction={() => void run(() => api({ method: "POST", path: "/accounts", body: { name } }))}
      onClose={props.onClose}
    >
      <Field
        label="Name"
        value={name}
        autofocus
        fault={name === "" || isGood ? undefined : "Letters, digits and . _ @ -, up to 63; the first no sign."}
        hint="An account owns buckets and access keys. Its name cannot be changed later."
        onInput={(text) => {
          forget();
          setName(text);
        }}
      />
      <FaultText fault={fault} />
    </Dialog>
  );
}
