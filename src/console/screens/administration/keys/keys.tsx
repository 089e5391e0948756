/** Access keys: the account's own, or everybody's for operators. */
import { useState } from "preact/hooks";
import type { AccessKeyDocument, MadeKey } from "../../../../contract/keys.ts";
import { api, me } from "../../../session.ts";
import { Button } from "../../../ui/button.tsx";
import { formatAgo, formatExactly, formatTime } from "../../../ui/format.ts";
import { useListed } from "../../../ui/listed.ts";
import { Menu } from "../../../ui/menu.tsx";
import { More } from "../../../ui/more.tsx";
import { Screen } from "../../../ui/screen.tsx";
import { Empty } from "../../../ui/states.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { say, sayFault } from "../../../ui/toast.tsx";
import { keyState, scopeWords } from "./key-form.ts";
import { MadeKeyDialog } from "./made-key.tsx";
import { MakeKey } from "./make-key.tsx";
import { RevokeKey } from "./revoke-key.tsx";

type Shown = { readonly dialog: "make" } | { readonly dialog: "made"; readonly key: MadeKey } | Going;
type Going = { readonly dialog: "revoke"; readonly key: AccessKeyDocument };

export function Keys() {
  const list = useListed(api<{ items: AccessKeyDocument[]; next?: string }>, { path: "/keys" });
  const [shown, setShown] = useState<Shown>();
  const close = () => setShown(undefined);
  const setDisabled = async ({ accessKeyId }: AccessKeyDocument, disabled: boolean) => {
    const path = `/keys/${accessKeyId}`;
    const answer = await api<AccessKeyDocument>({ method: "PATCH", path, body: { disabled } });
    if (!answer.ok) return sayFault(`${accessKeyId} was not changed.`, answer.fault);
    say(disabled ? `Disabled ${accessKeyId}; its sessions have ended.` : `Enabled ${accessKeyId}.`);
    list.reload();
  };
  const menuOf = (key: AccessKeyDocument) => (
    <Menu
      kind="quiet"
      icon="more"
      label={`For ${key.accessKeyId}`}
      items={[
        key.disabled
          ? { text: "Enable", icon: "check", onChoose: () => void setDisabled(key, false) }
          : { text: "Disable", icon: "close", onChoose: () => void setDisabled(key, true) },
        { text: "Revoke …", icon: "trash", isDanger: true, onChoose: () => setShown({ dialog: "revoke", key }) },
      ]}
    />
  );
  const isLimited = me.value?.scope.readOnly !== undefined || me.value?.scope.places !== undefined;
  return (
    <Screen
      title="Access keys"
      loaded={list}
      actions={
        !isLimited && (
          <Button kind="primary" icon="plus" onClick={() => setShown({ dialog: "make" })}>
            New access key
          </Button>
        )
      }
      beside={
        <>
          {shown?.dialog === "make" && (
            <MakeKey
              onClose={close}
              onMade={(key) => {
                setShown({ dialog: "made", key });
                list.reload();
              }}
            />
          )}
          {shown?.dialog === "made" && <MadeKeyDialog made={shown.key} onClose={close} />}
          {shown?.dialog === "revoke" && (
            <RevokeKey
              shown={shown.key}
              onClose={close}
              onGone={() => {
                close();
                say(`Revoked ${shown.key.accessKeyId}.`);
                list.reload();
              }}
            />
          )}
        </>
      }
    >
      {({ items }) => (
        <>
          {items.length === 0 ? (
            <Empty icon="key" title="No access keys yet">
              Programs sign what they ask for with an access key. Make one for each program, so that each can be revoked
              by itself.
            </Empty>
          ) : (
            <Table
              label="Access keys"
              columns={columnsOf(isLimited ? undefined : menuOf)}
              rows={items}
              keyOf={({ accessKeyId }) => accessKeyId}
            />
          )}
          <More list={list} />
        </>
      )}
    </Screen>
  );
}

function columnsOf(menuOf?: (key: AccessKeyDocument) => preact.JSX.Element): readonly Column<AccessKeyDocument>[] {
  const now = new Date();
  const all: readonly Column<AccessKeyDocument>[] = [
    {
      title: "Access key",
      cell: ({ accessKeyId, account, sessionOf }) => (
        <>
          <span class="mono">{accessKeyId}</span>
          <span class="below">{sessionOf === undefined ? account : `${account} · session of ${sessionOf}`}</span>
        </>
      ),
    },
    {
      title: "May",
      cell: ({ scope }) => scopeWords(scope).map((words, at) => <span class={at > 0 ? "below" : ""}>{words}</span>),
      isWide: true,
    },
    {
      title: "Last used",
      cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? "never" : formatAgo(lastUsedAt, now)),
      isWide: true,
    },
    {
      title: "Ends",
      cell: ({ expiresAt }) =>
        expiresAt === undefined ? "never" : <span title={formatExactly(expiresAt)}>{formatTime(expiresAt)}</span>,
      isWide: true,
    },
    {
      title: "State",
      cell: (key) => {
        const state = keyState(key, now);
        return <span class={`badge ${state === "in use" ? "good" : ""}`}>{state}</span>;
      },
    },
  ];
  return menuOf === undefined ? all : [...all, { title: "", cell: menuOf, isNumber: true }];
}
