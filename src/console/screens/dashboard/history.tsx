/** What happened within the last day, week or month. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { HistoryDocument } from "../../../contract/status.ts";
import { api } from "../../session.ts";
import { theme } from "../../theme.ts";
import { useLoaded } from "../../ui/loader.ts";
import { Empty, Failing, Loading } from "../../ui/states.tsx";
import { Chart } from "./chart.tsx";
import { Families } from "./families.tsx";
import { seriesOf } from "./series.ts";

const RANGES = [
  { hours: 24, text: "24 h" },
  { hours: 7 * 24, text: "7 d" },
  { hours: 31 * 24, text: "31 d" },
] as const;
/** A sample is written every five minutes. */
const EVERY_MS = 60_000;

/** `now`: the gateway's clock. */
export function History({ now }: { readonly now: string }) {
  const [hours, setHours] = useState<number>(24);
  const loaded = useLoaded(
    (signal) => api<HistoryDocument>({ path: "/history", query: { hours }, signal }),
    [hours],
    EVERY_MS,
  );
  // While another range is asked for, the one before stays: nothing jumps.
  const kept = useRef<HistoryDocument>(undefined);
  kept.current = loaded.value ?? kept.current;
  const value = loaded.value ?? (loaded.isLoading ? kept.current : undefined);
  return (
    <section class="history" aria-label="What happened">
      <header>
        <h2>What happened</h2>
        <fieldset class="ranges">
          <legend class="offscreen">How far back</legend>
          {RANGES.map((range) => (
            <label key={range.hours}>
              <input type="radio" name="range" checked={range.hours === hours} onChange={() => setHours(range.hours)} />
              <span>{range.text}</span>
            </label>
          ))}
        </fieldset>
      </header>
      {loaded.value !== undefined && loaded.fault !== undefined && (
        <p class="notice" role="status">
          The history is not up to date: {loaded.fault.message}
        </p>
      )}
      <Shown {...loaded} value={value} hours={hours} now={now} />
    </section>
  );
}

type ShownProps = ReturnType<typeof useLoaded<HistoryDocument>> & { readonly hours: number; readonly now: string };

function Shown({ value, fault, reload, hours, now }: ShownProps) {
  const scheme = useScheme();
  if (value === undefined) return fault ? <Failing fault={fault} retry={reload} /> : <Loading rows={9} />;
  if (value.samples.length === 0)
    return (
      <Empty icon="chart" title="No history yet">
        The gateway writes down every five minutes what was asked of it and what it stores. The first of it comes soon.
      </Empty>
    );
  const to = Date.parse(now) / 1000;
  return (
    <>
      <div class="charts">
        {seriesOf(value).map((series) => (
          <Chart key={series.title} series={series} from={to - hours * 3600} to={to} scheme={scheme} />
        ))}
      </div>
      <Families history={value} />
    </>
  );
}

/** Changes with the theme, the reader's or the system's. */
function useScheme(): string {
  const [isDark, setDark] = useState(() => DARK.matches);
  useEffect(() => {
    const changed = () => setDark(DARK.matches);
    DARK.addEventListener("change", changed);
    return () => DARK.removeEventListener("change", changed);
  }, []);
  return `${theme.value} ${isDark}`;
}

const DARK = matchMedia("(prefers-color-scheme: dark)");
