/** One chart, drawn by uPlot: its lines differ by their dashes too. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useWidth } from "../../ui/use-width.ts";
import { formatMark, formatValue } from "./numbers.ts";
import type { Series, Unit } from "./series.ts";

export interface ChartProps {
  readonly series: Series;
  /** Seconds since 1970 that the chart begins and ends at. */
  readonly from: number;
  readonly to: number;
  /** Light or dark: a canvas does not follow the styles by itself. */
  readonly scheme: string;
}

const HEIGHT = 190;
const STYLES = [
  { colour: "--accent", dash: [], word: "solid" },
  { colour: "--warn", dash: [6, 3], word: "dashed" },
  { colour: "--soft", dash: [2, 2], word: "dotted" },
] as const;
const POWERS = Array.from({ length: 60 }, (_, power) => 2 ** power);

export function ChartCanvas({ series, from, to, scheme }: ChartProps) {
  const ref = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot>(null);
  const width = useWidth(ref);
  const names = series.lines.map(({ name }) => name).join();
  const range = useRef<readonly [number, number]>([from, to]);
  range.current = [from, to];
  useEffect(() => {
    const element = ref.current;
    if (element === null || width === 0) return;
    const plot = new uPlot(
      optionsOf(series, width, () => range.current, colourReader(element)),
      dataOf(series),
      element,
    );
    drawn.current = plot;
    return () => {
      plot.destroy();
      drawn.current = null;
    };
  }, [width, scheme, names]);
  useEffect(() => drawn.current?.setData(dataOf(series)), [series, from, to]);
  return (
    <div class="chart" ref={ref} role="img" aria-label={`${series.title}, as lines over time. A table follows.`} />
  );
}

function dataOf({ times, lines }: Series): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => values.map((value) => value ?? null))];
}

function optionsOf(
  { unit, lines }: Series,
  width: number,
  range: () => readonly [number, number],
  colourOf: (name: string) => string,
): uPlot.Options {
  const axis = { stroke: colourOf("--soft"), font: "11.5px system-ui, sans-serif" };
  const grid = { stroke: colourOf("--line"), width: 1 };
  return {
    width,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    legend: { markers: { dash: (_plot, index) => STYLES[(index - 1) % STYLES.length]?.word ?? "solid" } },
    scales: {
      x: { time: true, range: () => [...range()] as [number, number] },
      y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] },
    },
    axes: [
      {
        ...axis,
        grid,
        ticks: grid,
        values: (_plot, marks, _axis, _space, step) => marks.map((mark) => formatMark(mark, step)),
      },
      {
        ...axis,
        grid,
        ticks: { show: false },
        size: 74,
        values: (_plot, marks) => marks.map((mark) => formatValue(mark, unit)),
        ...(unit === "bytes" && { incrs: POWERS }),
        ...(unit === "count" && { incrs: WHOLE }),
      },
    ],
    series: [
      { label: "Time", value: (_plot, at) => (at === null ? "–" : formatMark(at, 60)) },
      ...lines.map(({ name }, index) => lineOf(name, index, unit, colourOf)),
    ],
  };
}

/** Nothing counts halves. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].flatMap((power) => [1, 2, 5].map((one) => one * 10 ** power));

function lineOf(name: string, index: number, unit: Unit, colourOf: (name: string) => string): uPlot.Series {
  const { colour, dash } = STYLES[index % STYLES.length] ?? STYLES[0];
  return {
    label: name,
    stroke: colourOf(colour),
    width: 1.8,
    dash: [...dash],
    value: (_plot, value) => formatValue(value, unit),
  };
}

/** What a custom property comes to for this element, as a canvas can use it. */
function colourReader(element: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
