/** Keys that backends hold and the database does not know, where there are any. */
import { useState } from "preact/hooks";
import type { OrphansDocument } from "../../../../contract/backends.ts";
import type { BackendStatusDocument } from "../../../../contract/status.ts";
import { api } from "../../../session.ts";
import { useAction } from "../../../ui/action.ts";
import { Button } from "../../../ui/button.tsx";
import { Confirm } from "../../../ui/confirm.tsx";
import { countOf, formatBytes, formatTime } from "../../../ui/format.ts";
import { useLoaded } from "../../../ui/loader.ts";
import { Failing, Loading } from "../../../ui/states.tsx";
import { type Column, Table } from "../../../ui/table.tsx";
import { say } from "../../../ui/toast.tsx";

export function Orphans({ backends }: { readonly backends: readonly BackendStatusDocument[] }) {
  const [shown, setShown] = useState<string>();
  const rows = backends.filter(({ inventory }) => inventory !== undefined && inventory.quarantined > 0);
  return (
    <section aria-label="Orphans">
      <h2>Orphans</h2>
      {rows.length === 0 ? (
        <p class="soft">No backend holds anything that the database does not know.</p>
      ) : (
        <Table label="Orphans by backend" columns={columnsOf(setShown)} rows={rows} keyOf={({ name }) => name} />
      )}
      {shown !== undefined && <ConfirmOrphans backend={shown} onClose={() => setShown(undefined)} />}
    </section>
  );
}

function columnsOf(onOpen: (name: string) => void): readonly Column<BackendStatusDocument>[] {
  return [
    { title: "Backend", cell: ({ name }) => <strong>{name}</strong> },
    {
      title: "Unknown keys",
      cell: ({ inventory }) => inventory && `${countOf(inventory.quarantined, "key")}, ${formatBytes(inventory.bytes)}`,
    },
    {
      title: "Deletion",
      cell: ({ inventory }) =>
        inventory?.isHeld ? <span class="badge warn">waits for your word</span> : "after the grace, by itself",
    },
    { title: "Looked through", cell: ({ inventory }) => inventory && formatTime(inventory.walkedAt), isWide: true },
    { title: "", cell: ({ name }) => <Button onClick={() => onOpen(name)}>Look …</Button>, isNumber: true },
  ];
}

const SHOWN = 20;

function ConfirmOrphans({ backend, onClose }: { readonly backend: string; readonly onClose: () => void }) {
  const query = { backend, limit: SHOWN };
  const loaded = useLoaded((signal) => api<OrphansDocument>({ path: "/orphans", query, signal }), [backend]);
  const { busy, fault, run } = useAction<{ readonly confirmed: number }>(({ confirmed }) => {
    say(`${countOf(confirmed, "key")} on ${backend} will be deleted when the grace is over.`);
    onClose();
  });
  const { value } = loaded;
  const body = { backend };
  return (
    <Confirm
      title={`Orphans on ${backend}`}
      action="Have them deleted"
      danger
      word={value !== undefined && value.unconfirmed > 0 ? backend : undefined}
      disabled={value === undefined || value.unconfirmed === 0}
      {...{ busy, fault, onClose }}
      onAction={() => void run(() => api({ method: "POST", path: "/orphans/confirm", body }))}
    >
      {value === undefined ? (
        loaded.fault ? (
          <Failing fault={loaded.fault} retry={loaded.reload} />
        ) : (
          <Loading />
        )
      ) : (
        <>
          <p>
            {countOf(value.keys, "key")} ({formatBytes(value.bytes)}) that the database does not know;{" "}
            {value.unconfirmed === 0 ? "all are confirmed." : `${countOf(value.unconfirmed, "key")} not confirmed yet.`}
          </p>
          {value.held && (
            <p class="notice">
              They are so many that nothing is deleted before you confirm. Many at once may mean that the database is
              older than the backend: if it was restored from a backup, confirm nothing.
            </p>
          )}
          <ul class="orphans mono">
            {value.items.map(({ key }) => (
              <li key={key}>{key}</li>
            ))}
            {value.next !== undefined && <li>…</li>}
          </ul>
        </>
      )}
    </Confirm>
  );
}
