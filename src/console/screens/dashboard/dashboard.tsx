/** Whether everything is safe, what is stored, what happened, and what is being done. For operators. */
import type { StatsDocument, StatusDocument } from "../../../contract/status.ts";
import { hashOf } from "../../routes.ts";
import { api, me } from "../../session.ts";
import { formatExactly } from "../../ui/format.ts";
import { Icon } from "../../ui/icon.tsx";
import { useLoaded } from "../../ui/loader.ts";
import { Screen } from "../../ui/screen.tsx";
import { Empty, Loading } from "../../ui/states.tsx";
import { done, type Result } from "../../wire/fault.ts";
import "../fleet/standing.css";
import { Backends } from "./backends.tsx";
import { formatClock } from "./clock.ts";
import "./dashboard.css";
import { Figures } from "./figures.tsx";
import { History } from "./history.tsx";
import { type Verdict, verdictOf } from "./verdict.ts";
import { Work } from "./work.tsx";

interface Now {
  readonly status: StatusDocument;
  readonly stats: StatsDocument;
}

const EVERY_MS = 10_000;

export function Dashboard() {
  if (me.value === undefined) return <Loading rows={8} />;
  return me.value.operator ? <Shown /> : <ForOperators account={me.value.account} />;
}

function Shown() {
  const loaded = useLoaded(loadNow, [], EVERY_MS);
  const at = loaded.value && (
    <p class="soft" title={formatExactly(loaded.value.status.now)}>
      As of {formatClock(new Date(loaded.value.status.now))}
    </p>
  );
  return (
    <Screen title="Dashboard" loaded={loaded} actions={at}>
      {({ status, stats }) => (
        <div class="dashboard">
          <VerdictLine verdict={verdictOf(status)} />
          <Figures stats={stats} />
          <Backends backends={status.backends} />
          <Work status={status} />
          <History now={status.now} />
        </div>
      )}
    </Screen>
  );
}

async function loadNow(signal: AbortSignal): Promise<Result<Now>> {
  const [status, stats] = await Promise.all([
    api<StatusDocument>({ path: "/status", signal }),
    api<StatsDocument>({ path: "/stats", signal }),
  ]);
  if (!status.ok) return status;
  return stats.ok ? done({ status: status.value, stats: stats.value }) : stats;
}

function VerdictLine({ verdict: { kind, word, lines } }: { readonly verdict: Verdict }) {
  return (
    <div class={`verdict ${kind}`} role="status">
      <Icon name={kind === "safe" ? "check" : "warning"} />
      <h2>{word}</h2>
      <div>
        {lines.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </div>
    </div>
  );
}

function ForOperators({ account }: { readonly account: string }) {
  return (
    <section class="screen" aria-label="Dashboard">
      <header class="screen-head">
        <h1>Dashboard</h1>
      </header>
      <Empty icon="chart" title="This is for operators">
        It tells of the whole gateway: every account's objects, and all backends. Operators are those who sign in with
        an unlimited access key of the root account; you are signed in as {account}. Your objects stand under{" "}
        <a href={hashOf({ screen: "buckets" })}>Buckets</a>, and where they are kept under{" "}
        <a href={hashOf({ screen: "where", bucket: "", key: "" })}>Where it lives</a>.
      </Empty>
    </section>
  );
}
