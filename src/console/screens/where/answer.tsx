/** What the client would get, and the way to that answer: the rules as they were asked, in order. */
import type { Explanation } from "../../../contract/explain.ts";
import { Icon } from "../../ui/icon.tsx";
import { Fact } from "../details/facts.tsx";
import { formatCoordinates } from "./earth.ts";
import { answerWords, formatKm, formatMs } from "./places.ts";

const OUTCOMES = { passes: "goes on", redirect: "redirect", proxy: "through the gateway" } as const;

export function Answer({ explained }: { readonly explained: Explanation }) {
  const { client, answer } = explained;
  return (
    <>
      <div class="verdict-line" role="status">
        <Icon name={answer.backend === undefined ? "warning" : answer.kind === "redirect" ? "right" : "down"} />
        <div>
          <h2>{answerWords(explained)}</h2>
          <p>{sentence(answer.because)}</p>
        </div>
      </div>
      <dl class="facts">
        <Fact name="Client">{client.family}</Fact>
        <Fact name="Address">
          <span class="mono">{client.address}</span>
        </Fact>
        <Fact name="Place">{placeOf(client)}</Fact>
      </dl>
      <Copies explained={explained} />
      <section aria-label="Why">
        <h3>Why</h3>
        <ol class="steps">
          {explained.steps.map(({ rule, outcome, why }) => (
            <li key={rule} class={outcome}>
              <p>{sentence(why)}</p>
              <p class="soft">
                <span class="mono">{rule}</span> · {OUTCOMES[outcome]}
              </p>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

function Copies({ explained: { replicas, left, answer } }: { readonly explained: Explanation }) {
  return (
    <section aria-label="Copies, closest first">
      <h3>Copies, closest first</h3>
      {replicas.length === 0 && <p class="soft">None can be read.</p>}
      <ol class="closest">
        {replicas.map(({ backend, region, distanceKm, latencyMs, notRedirectable }) => (
          <li key={backend} class={backend === answer.backend ? "chosen" : ""}>
            <p>
              <strong>{backend}</strong> {region !== backend && <span class="soft">{region}</span>}
              {backend === answer.backend && <span class="badge">read from</span>}
            </p>
            <p class="soft">
              {distanceKm === undefined ? "distance not known" : formatKm(distanceKm)} ·{" "}
              {latencyMs === undefined ? "latency not known" : `${formatMs(latencyMs)} from the gateway`}
            </p>
            {notRedirectable !== undefined && <p class="soft">No redirect there: {notRedirectable}.</p>}
          </li>
        ))}
      </ol>
      {left.map(({ backend, why }) => (
        <p key={backend} class="soft">
          Not read: {backend}, {why}.
        </p>
      ))}
    </section>
  );
}

function placeOf({ region, coordinates, source, country }: Explanation["client"]): string {
  if (coordinates === undefined) return "not known: neither the client map nor data about addresses tell";
  const at = formatCoordinates(coordinates);
  if (region !== undefined) return `${region}, ${at}, by the client map`;
  if (source === "country") return `${country}, by country data`;
  return source === "city" ? `${country === undefined ? "" : `${country}, `}${at}, by city data` : at;
}

/** The gateway's words begin small and end without a full stop. */
function sentence(text: string): string {
  return text === "" ? "" : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
