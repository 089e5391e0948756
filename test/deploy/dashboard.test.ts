// The dashboard and the alerts ask for what a gateway gives: each metric, label and state named there is in the answer
// of a real one.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readDocument } from "../docs/examples.ts";
import { startTestGateway } from "../support/gateway.ts";
import { describeWith } from "../support/programs.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { countRules } from "./rules-check.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(readDocument("deploy/grafana/nearbucket.json")) as { readonly panels: readonly Panel[] };
const panels = dashboard.panels.filter(({ type }) => type !== "row");
const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const alerts = (
  parse(readDocument("deploy/prometheus/alerts.yaml")) as { groups: { rules: { expr: string }[] }[] }
).groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));

describe("what dashboard and alerts ask for", () => {
  it("is given by a gateway", async () => {
    await using gateway = await startTestGateway();
    // Counts what is stored in the background: the first answer does not have it yet.
    let text = "";
    await expect
      .poll(async () => {
        text = await (await fetch(`${gateway.url}/-/metrics`)).text();
        return text;
      })
      .toContain("nearbucket_objects{");
    const names = new Set(
      [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = "", type]) =>
        type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
    const asked = [...shown, ...alerts].flatMap((expr) => expr.match(/\bnearbucket_\w+/g) ?? []);
    expect(asked.length).toBeGreaterThan(40);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
    const states = [...shown, ...alerts].flatMap((expr) => [...expr.matchAll(/\bstate!?="([^"]+)"/g)].map((m) => m[1]));
    const givenStates = [...text.matchAll(/^nearbucket_objects\{state="([^"]+)"/gm)].map((match) => match[1]);
    expect(states.filter((state) => !givenStates.includes(state))).toEqual([]);
  });
});

describe("the dashboard", () => {
  it("has panels that explain themselves and do not overlap", () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    for (const { title, description } of panels) expect(`${title}: ${description}`).toMatch(/^.+: \S.{10,}$/);
    const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: h * w }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it("begins with what could be lost", () => {
    expect(panels.slice(0, 3).map(({ title }) => title)).toEqual(["Lost", "Unreadable", "At risk"]);
  });
});

describeWith(["rules-check"], "the dashboard's questions in Prometheus's code", () => {
  it("are PromQL", async () => {
    const rules = shown.map((expr, at) => ({ record: `panel:${at}`, expr: expr.replaceAll("$__rate_interval", "5m") }));
    const file = join(await temporaryDirectory(), "panels.yaml");
    await writeFile(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    expect(await countRules(file)).toBe(shown.length);
  });
});
