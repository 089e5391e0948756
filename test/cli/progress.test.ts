import { expect, it } from "vitest";
import { leftText } from "../../src/cli/drain.ts";
import { openProgress } from "../../src/cli/progress.ts";

/** Reports once each half second, 121 times. */
function shown({ json = false, isTerminal = false }) {
  const lines: string[] = [];
  const on = (name: string) => (line: string) => void lines.push(`${name} ${line}`);
  let at = 0;
  const terminal = { print: on("out"), complain: on("err"), rewrite: isTerminal ? on("line") : undefined };
  const progress = openProgress(terminal, { json, now: () => new Date(at) });
  for (; at <= 60_000; at += 500) progress.report(`at ${at}`, { done: at });
  progress.end();
  return lines;
}

it("says a line at once and each half minute where nobody looks on", () => {
  expect(shown({})).toEqual(["err at 0", "err at 30000", "err at 60000"]);
});

it("changes one line a second on a terminal, and takes it away", () => {
  const lines = shown({ isTerminal: true });
  expect(lines.slice(0, 2)).toEqual(["line at 0", "line at 1000"]);
  expect([lines.length, lines.at(-1)]).toEqual([62, "line "]);
});

it("prints a document a line for programs, on a terminal too", () => {
  for (const isTerminal of [true, false]) {
    const lines = shown({ json: true, isTerminal });
    expect(lines.length).toBe(61);
    expect(lines[1]).toBe('out {"at":"1970-01-01T00:00:01.000Z","done":1000}');
  }
});

it("says how much a drain has left, and how fast it goes once it does", () => {
  const first = { blobs: 4, bytes: 4096 };
  expect(leftText("b", first, first, 0)).toBe("b: 4 blobs, 4.0 KiB, to be copied elsewhere");
  expect(leftText("b", first, { blobs: 1, bytes: 1024 }, 3000)).toBe(
    "b: 1 blob, 1.0 KiB, to be copied elsewhere; 1.0 KiB/s, 1 s more",
  );
});
