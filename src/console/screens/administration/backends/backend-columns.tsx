/** The columns of the table of backends. */
import type { StatusDocument } from "../../../../contract/status.ts";
import { countOf, formatAgo, formatBytes, formatCount, formatTime } from "../../../ui/format.ts";
import { Menu } from "../../../ui/menu.tsx";
import { Progress } from "../../../ui/progress.tsx";
import type { Column } from "../../../ui/table.tsx";
import { actionsFor, type BackendRow, emptyAt, type Sample, stateWords, toneOf, type Wish } from "./backend-rows.ts";
import { amountOf } from "./loss.tsx";

interface ColumnsOf {
  readonly status: StatusDocument;
  /** By name: what stood on each that is draining when it was first seen so. */
  readonly begun: ReadonlyMap<string, Sample>;
  readonly onWish: (wish: Wish, row: BackendRow) => void;
}

export function columnsOf({ status, begun, onWish }: ColumnsOf): readonly Column<BackendRow>[] {
  return [
    {
      title: "Backend",
      cell: ({ name, kind, region, attached }) => (
        <>
          <strong>{name}</strong>
          <span class="below">
            {[kind, region, attached ? "attached here" : undefined].filter((word) => word !== undefined).join(" · ")}
          </span>
        </>
      ),
    },
    { title: "State", cell: (row) => <State row={row} status={status} first={begun.get(row.name)} /> },
    {
      title: "Condition",
      cell: ({ condition, at, status: one, note }) => (
        <>
          <span class={`badge ${toneOf({ condition })}`}>{condition}</span>
          {one?.safeToLose === false && <span class="below narrow">not safe to lose</span>}
          <span class="below">{one?.live?.why ?? note ?? (condition !== "in place" && since(at, status.now))}</span>
        </>
      ),
    },
    {
      title: "Copies",
      cell: ({ replicas, bytes }) => (
        <>
          {formatCount(replicas)}
          <span class="below">{formatBytes(bytes)}</span>
        </>
      ),
      isNumber: true,
      isWide: true,
    },
    {
      title: "Free",
      cell: ({ status: one }) => {
        const space = one?.live?.space;
        if (space === undefined) return <span class="soft">unknown</span>;
        return (
          <>
            {formatBytes(space.free)}
            <span class="below">of {formatBytes(space.total)}</span>
          </>
        );
      },
      isNumber: true,
      isWide: true,
    },
    {
      title: "Safe to lose",
      cell: ({ status: one }) => {
        if (one === undefined) return <span class="soft">unknown</span>;
        if (one.safeToLose) return <span class="badge good">yes</span>;
        return (
          <>
            <span class="badge bad">no</span>
            <span class="below">{one.onlyHere.blobs > 0 && `${amountOf(one.onlyHere)} only here`}</span>
          </>
        );
      },
      isWide: true,
    },
    { title: "", cell: (row) => <Actions row={row} onWish={onWish} />, isNumber: true },
  ];
}

interface StateProps {
  readonly row: BackendRow;
  readonly status: StatusDocument;
  readonly first: Sample | undefined;
}

function State({ row, status, first }: StateProps) {
  const { name, state, replicas } = row;
  if (state !== "draining" || replicas === 0) return <span>{stateWords(row)}</span>;
  const now = { atMs: Date.now(), replicas };
  const ends = (first && emptyAt(first, now)) ?? status.jobs.find(({ kind }) => kind === "copy")?.endsAt;
  const before = first?.replicas ?? replicas;
  return (
    <div class="draining" role="status">
      {stateWords(row)}
      <Progress label={`Draining ${name}`} done={before - replicas} of={before} />
      <span class="below">
        {countOf(replicas, "copy", "copies")} left{ends !== undefined && `, empty about ${formatTime(ends)}`}
      </span>
    </div>
  );
}

function Actions({ row, onWish }: { readonly row: BackendRow; readonly onWish: ColumnsOf["onWish"] }) {
  const can = actionsFor(row);
  const wish = (name: Wish) => () => onWish(name, row);
  return (
    <Menu
      kind="quiet"
      icon="more"
      label={`For ${row.name}`}
      items={[
        { text: "Check now", icon: "check", onChoose: wish("check") },
        { text: "Lose this backend?", icon: "search", onChoose: wish("loss") },
        { text: "Redirects to it", icon: "right", onChoose: wish("redirects") },
        { text: "Scrub now", icon: "refresh", isDisabled: !can.scrub, onChoose: wish("scrub") },
        can.resume
          ? { text: "Resume", icon: "right", onChoose: wish("resume") }
          : { text: "Drain …", icon: "down", isDisabled: !can.drain, onChoose: wish("drain") },
        { text: "Replace …", icon: "copy", isDisabled: !can.replace, onChoose: wish("replace") },
        { text: "Remove …", icon: "trash", isDanger: true, isDisabled: !can.remove, onChoose: wish("remove") },
      ]}
    />
  );
}

function since(at: string | undefined, now: string): string | undefined {
  return at && formatAgo(at, new Date(now));
}
