// The alerts of deploy/: Prometheus's own tool takes them, each fires when it is meant to and rests when it is not, and
// each tells what to do.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ROOT, readDocument } from "../docs/examples.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { ALERT_CASES, type Series } from "./alert-cases.ts";
import { replaceEach } from "./replace-each.ts";

interface Rule {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const FILE = "deploy/prometheus/alerts.yaml";
const rules = (parse(readDocument(FILE)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);

describe("the alerts", () => {
  it("have a case each", () => {
    expect(rules.map(({ alert }) => alert)).toEqual(Object.keys(ALERT_CASES));
  });

  it.each(rules)("$alert says how urgent it is, what is the matter and what to do", ({ labels, annotations }) => {
    expect(["page", "ticket"]).toContain(labels.severity);
    expect(annotations.summary.length).toBeLessThan(120);
    expect(annotations.description).toMatch(/\b[Rr]un |bring|mend |[Rr]aise |Search |Enlarge |Look |look with/);
  });
});

describeWith(["promtool"], "the alerts in promtool", () => {
  it("are rules without a fault", async () => {
    const said = await run(neededProgram("promtool"), ["check", "rules", "--lint-fatal", join(ROOT, FILE)]);
    expect(said.toString()).toContain(`${rules.length} rules found`);
  });

  it("are loaded by the configuration that compose/ gives Prometheus", async () => {
    const file = join(await temporaryDirectory(), "prometheus.yaml");
    const change = ["/etc/prometheus/alerts.yaml", join(ROOT, FILE)] as const;
    await writeFile(file, replaceEach(readDocument("compose/prometheus.yaml"), [change]));
    const said = (await run(neededProgram("promtool"), ["check", "config", "--lint-fatal", file])).toString();
    expect(said).toContain("1 rule files found");
    expect(said).toContain(`${rules.length} rules found`);
  });

  it("fire alone when they are meant to, and rest when it is nearly so", async () => {
    const tests = Object.entries(ALERT_CASES).flatMap(([alert, { after, fires, rests }]) => [
      testOf(fires, after, [{ labels: `{alertname="${alert}"}`, value: 1 }]),
      testOf(rests, after, []),
    ]);
    const file = join(await temporaryDirectory(), "tests.yaml");
    await writeFile(file, JSON.stringify({ rule_files: [join(ROOT, FILE)], evaluation_interval: "1m", tests }));
    await run(neededProgram("promtool"), ["test", "rules", file]);
  }, 120_000);
});

function testOf(series: Series, after: number, samples: readonly object[]) {
  return {
    interval: "1m",
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      { expr: 'group by (alertname) (ALERTS{alertstate="firing"})', eval_time: `${after}m`, exp_samples: samples },
    ],
  };
}
