/** The stores behind the gateway, followed while anything moves on them. For operators. */
import { useRef, useState } from "preact/hooks";
import type { BackendCheckDocument, BackendDocument } from "../../../../contract/backends.ts";
import type { StatusDocument } from "../../../../contract/status.ts";
import { api } from "../../../session.ts";
import { Button } from "../../../ui/button.tsx";
import { useLoaded } from "../../../ui/loader.ts";
import { Screen } from "../../../ui/screen.tsx";
import { Table } from "../../../ui/table.tsx";
import { say, sayFault } from "../../../ui/toast.tsx";
import { done } from "../../../wire/fault.ts";
import { AttachBackend } from "./attach-backend.tsx";
import { columnsOf } from "./backend-columns.tsx";
import { Drain, Remove, Replace, told } from "./backend-dialogs.tsx";
import { type BackendRow, isMoving, rowsOf, type Sample, type Wish } from "./backend-rows.ts";
import { LossDialog } from "./loss.tsx";
import { RedirectsDialog } from "./redirects.tsx";

interface Overview {
  readonly rows: readonly BackendRow[];
  readonly status: StatusDocument;
}

const MOVING_MS = 2_000;
const RESTING_MS = 20_000;

async function readOverview(signal: AbortSignal) {
  const [backends, status] = await Promise.all([
    api<{ items: BackendDocument[] }>({ path: "/backends", signal }),
    api<StatusDocument>({ path: "/status", signal }),
  ]);
  if (!backends.ok) return backends;
  if (!status.ok) return status;
  return done<Overview>({ rows: rowsOf(backends.value.items, status.value), status: status.value });
}

export function Backends() {
  const [isQuick, setQuick] = useState(false);
  const loaded = useLoaded(readOverview, [], isQuick ? MOVING_MS : RESTING_MS);
  const [shown, setShown] = useState<{ readonly wish: Wish | "attach"; readonly row?: BackendRow }>();
  const begun = useDrains(loaded.value?.rows ?? []);
  const moves = loaded.value?.rows.some(isMoving) ?? false;
  if (moves !== isQuick) setQuick(moves);
  const close = () => setShown(undefined);
  const news = (text: string, but?: string) => {
    close();
    if (but === undefined) say(text);
    else sayFault(text, { code: "stuck", message: but, status: 0 });
    loaded.reload();
  };
  const onWish = (wish: Wish, row: BackendRow) => {
    if (wish === "check") void check(row.name).then(loaded.reload);
    else if (wish === "resume") void act(row.name, "resume", `${row.name} is used again.`).then(loaded.reload);
    else if (wish === "scrub") void act(row.name, "scrub", `Every copy on ${row.name} is being read, oldest first.`);
    else setShown({ wish, row });
  };
  const about = shown?.row && { row: shown.row, onClose: close, onDone: news };
  return (
    <Screen
      title="Backends"
      loaded={loaded}
      actions={
        <Button kind="primary" icon="plus" onClick={() => setShown({ wish: "attach" })}>
          Attach a backend
        </Button>
      }
      beside={
        <>
          {shown?.wish === "attach" && (
            <AttachBackend onClose={close} onAttached={({ name }) => news(`${name} is attached.`)} />
          )}
          {about && shown?.wish === "loss" && <LossDialog name={about.row.name} onClose={close} />}
          {about && shown?.wish === "redirects" && <RedirectsDialog {...about} />}
          {about && shown?.wish === "drain" && <Drain {...about} />}
          {about && shown?.wish === "remove" && <Remove {...about} />}
          {about && shown?.wish === "replace" && <Replace {...about} />}
        </>
      }
    >
      {({ rows, status }) => (
        <Table label="Backends" columns={columnsOf({ status, begun, onWish })} rows={rows} keyOf={({ name }) => name} />
      )}
    </Screen>
  );
}

/** What each draining backend held when it was first seen so. */
function useDrains(rows: readonly BackendRow[]): ReadonlyMap<string, Sample> {
  const { current } = useRef(new Map<string, Sample>());
  for (const { name, state, replicas } of rows) {
    if (state !== "draining") current.delete(name);
    else if (!current.has(name)) current.set(name, { atMs: Date.now(), replicas });
  }
  return current;
}

async function act(name: string, word: "resume" | "scrub", news: string): Promise<void> {
  const answer = await api<BackendDocument>({ method: "POST", path: `/backends/${name}/${word}` });
  if (answer.ok) say(news);
  else sayFault(`Nothing was changed on ${name}.`, told(answer.fault) ?? answer.fault);
}

async function check(name: string): Promise<void> {
  const answer = await api<BackendCheckDocument>({ method: "POST", path: `/backends/${name}/check` });
  if (!answer.ok) return sayFault(`${name} could not be looked at.`, answer.fault);
  const { condition, reason, writable } = answer.value;
  const words = `${name} is ${condition}${writable ? " and takes writes" : ", and takes no writes"}.`;
  if (writable) say(words);
  else sayFault(words, { code: condition, message: reason ?? "It gave no reason.", status: 0 });
}
