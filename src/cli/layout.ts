/** Paragraphs, amounts and times as commands print them: pure. */

const WIDTH = 80;

/**
 * Within 80 columns; lines that a longer one was broken into begin with `indent`. Words that are longer than a line,
 * such as paths, stand out of it.
 */
export function wrap(text: string, indent: string): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, indent))
    .join("\n");
}

function wrapLine(text: string, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) /)) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join("\n");
}

export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `1 object`, `2 objects`. */
export function counted(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function size(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power]}`;
}

const STEPS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
] as const;

/** A duration in its largest unit: `40 s`, `12 min`, `3 h`, `5 d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [length, unit] = STEPS.find(([step]) => seconds >= 2 * step) ?? [1, "s"];
  return `${Math.floor(seconds / length)} ${unit}`;
}

/** Local time of day; with the date when it is not within twelve hours of `now`. */
export function clockTime(time: Date, now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = `${two(time.getHours())}:${two(time.getMinutes())}`;
  const isNear = Math.abs(time.getTime() - now.getTime()) < 43_200_000;
  return isNear ? hours : `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${hours}`;
}
