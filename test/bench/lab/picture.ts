/** The picture of a run: a bar for each client and way, a panel for each size. Pure; readable in dark and in light. */
import { type Result, WAYS, type Way } from "./reads.ts";
import { regions } from "./regions.ts";
import { sizeText, timeText, wayTitles } from "./table.ts";

const WIDTH = 760;
const LEFT = 112;
/** Room for the longest figure behind a bar. */
const RIGHT = 76;
const BAR = 11;
const GROUP = WAYS.length * (BAR + 2) + 12;
const PANEL_HEAD = 44;
const PANEL = PANEL_HEAD + regions.length * GROUP;
const HEAD = 74;

const STYLE = `
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .paper { fill: #ffffff } .title { font-size: 16px; font-weight: 600 } .size { font-weight: 600 }
    .figure { font-size: 11px } .note { font-size: 12px; fill: #59636e } .axis { stroke: #818b98 }
    .closest { fill: #1a7f5a } .proxied { fill: #b8500f } .random { fill: #6a6fb5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .paper { fill: #0d1117 } .note { fill: #9198a1 } .axis { stroke: #656c76 }
      .closest { fill: #3fb68b } .proxied { fill: #f0883e } .random { fill: #a5a9ea }
    }`;

/** `caption`: when and with what it was measured. */
export function pictureOf(results: readonly Result[], caption: string): string {
  const sizes = [...new Set(results.map(({ bytes }) => bytes))];
  const height = HEAD + sizes.length * PANEL + 12;
  const panels = sizes.map((bytes, index) =>
    panel(
      results.filter((result) => result.bytes === bytes),
      bytes,
      HEAD + index * PANEL,
    ),
  );
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-labelledby="title desc">
  <title id="title">How long a read takes, by region of the client and by the way of the bytes</title>
  <desc id="desc">${escaped(sizes.map((bytes) => sentence(results, bytes)).join(" "))}</desc>
  <style>${STYLE}
  </style>
  <rect class="paper" width="${WIDTH}" height="${height}"/>
  <text class="title" x="16" y="28">Time of a read on a new connection, gateway in New York</text>
  ${legend()}
  ${panels.join("\n  ")}
  <text class="note" x="${WIDTH - 16}" y="28" text-anchor="end">${escaped(caption)}</text>
</svg>
`;
}

function legend(): string {
  const widths = [0, 232, 322];
  return WAYS.map(
    (way, index) =>
      `<rect class="${way}" x="${16 + (widths[index] ?? 0)}" y="44" width="12" height="12"/>` +
      `<text x="${34 + (widths[index] ?? 0)}" y="55">${wayTitles[way]}</text>`,
  ).join("\n  ");
}

function panel(results: readonly Result[], bytes: number, top: number): string {
  const longest = Math.max(...results.map(({ fresh }) => fresh.totalMs));
  const scale = (WIDTH - LEFT - RIGHT) / longest;
  const groups = regions.map((region, index) => {
    const y = top + PANEL_HEAD + index * GROUP;
    const bars = WAYS.map((way, at) => {
      const ms = msOf(results, region.name, way);
      return ms === undefined ? "" : bar(way, ms, ms * scale, y + at * (BAR + 2));
    });
    const label = `<text x="${LEFT - 10}" y="${y + GROUP / 2 - 2}" text-anchor="end">${region.title}</text>`;
    return `${label}\n  ${bars.join("\n  ")}`;
  });
  const bottom = top + PANEL - 8;
  const axis = `<line class="axis" x1="${LEFT}" y1="${top + PANEL_HEAD - 6}" x2="${LEFT}" y2="${bottom}"/>`;
  return `<text class="size" x="16" y="${top + 28}">${sizeText(bytes)}</text>\n  ${axis}\n  ${groups.join("\n  ")}`;
}

function bar(way: Way, ms: number, width: number, y: number): string {
  const shown = Math.max(1, width).toFixed(1);
  return (
    `<rect class="${way}" x="${LEFT}" y="${y}" width="${shown}" height="${BAR}"/>` +
    `<text class="figure" x="${(LEFT + Number(shown) + 6).toFixed(1)}" y="${y + BAR - 1}">${timeText(ms)}</text>`
  );
}

/** The same for those who hear the picture. */
function sentence(results: readonly Result[], bytes: number): string {
  const parts = regions.map(({ name, title }) => {
    const own = results.filter((result) => result.bytes === bytes);
    const figures = WAYS.flatMap((way) => {
      const ms = msOf(own, name, way);
      return ms === undefined ? [] : [`${wayTitles[way]} ${timeText(ms)}`];
    });
    return `${title}: ${figures.join(", ")}`;
  });
  return `${sizeText(bytes)}: ${parts.join("; ")}.`;
}

function msOf(results: readonly Result[], name: string, way: Way): number | undefined {
  return results.find((result) => result.region.name === name && result.way === way)?.fresh.totalMs;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
