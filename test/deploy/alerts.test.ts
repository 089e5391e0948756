// The alerts of deploy/: Prometheus's own code takes them, each fires when it is meant to and rests when it is not, and
// each tells what to do.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ROOT, readDocument } from "../docs/examples.ts";
import { describeWith } from "../support/programs.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { ALERT_CASES } from "./alert-cases.ts";
import { countRules, firing } from "./rules-check.ts";

interface Rule {
  readonly alert: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const FILE = "deploy/prometheus/alerts.yaml";
const MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60 };
const rules = (parse(readDocument(FILE)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
const cases = Object.values(ALERT_CASES);

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

describeWith(["rules-check"], "the alerts in Prometheus's code", () => {
  it("are rules without a fault", async () => {
    expect(await countRules(join(ROOT, FILE))).toBe(rules.length);
  });

  it("fire alone when they are meant to, as urgent as they say, with all they name filled in", async () => {
    const fired = await firing(
      join(ROOT, FILE),
      cases.map(({ after, fires }) => ({ series: fires, minutes: after })),
    );
    const names = (at: number) => fired[at]?.map(({ labels }) => [labels["alertname"], labels["severity"]]);
    expect(rules.map((_, at) => names(at))).toEqual(rules.map(({ alert, labels }) => [[alert, labels.severity]]));
    for (const { labels, annotations } of fired.flat()) {
      expect(labels["job"]).toBe("nearbucket");
      expect(Object.values(annotations).join()).not.toMatch(/\{\{|NaN/);
    }
  }, 60_000);

  it("rest when it is nearly so", async () => {
    const fired = await firing(
      join(ROOT, FILE),
      cases.map(({ after, rests }) => ({ series: rests, minutes: after })),
    );
    expect(fired).toEqual(rules.map(() => []));
  }, 60_000);

  it("rest until it has been so for as long as they say", async () => {
    const waiting = rules.filter((rule) => rule.for !== undefined);
    expect(waiting.length).toBeGreaterThan(10);
    const early = waiting.map((rule) => ({
      series: ALERT_CASES[rule.alert]?.fires ?? {},
      minutes: minutesOf(rule.for ?? "") - 1,
    }));
    expect(await firing(join(ROOT, FILE), early)).toEqual(waiting.map(() => []));
  }, 60_000);
});

describeWith(["rules-check"], "rules-check", () => {
  const says = "{{ $labels.disk }} is at {{ $value }}";
  const rule = { alert: "Full", expr: "used > 8", for: "2m", labels: { severity: "page" }, annotations: { says } };
  const fileOf = async (...changed: readonly object[]) => {
    const file = join(await temporaryDirectory(), "rules.yaml");
    await writeFile(file, JSON.stringify({ groups: [{ name: "a", rules: changed }] }));
    return file;
  };

  it("fires after an unbroken time, with labels and texts of the newest value", async () => {
    const [broken, whole] = [`used{disk="a"}`, `used{disk="b"}`];
    const series = { [broken]: "9 9 1 9 9 9", [whole]: "1 9 9 9+1x9", unused: "9x9" };
    const at = async (minutes: number) => (await firing(await fileOf(rule), [{ series, minutes }]))[0];
    const b = { alertname: "Full", disk: "b", severity: "page" };
    const a = { ...b, disk: "a" };
    expect(await at(2)).toEqual([]);
    expect(await at(3)).toEqual([{ labels: b, annotations: { says: "b is at 9" } }]);
    expect(await at(5)).toEqual([
      { labels: a, annotations: { says: "a is at 9" } },
      { labels: b, annotations: { says: "b is at 11" } },
    ]);
    // Five minutes after its last value a series is gone.
    expect((await at(10))?.map(({ labels }) => labels["disk"])).toEqual(["b"]);
  });

  it.each([
    ["an expression that is none", { expr: "used >" }, "unexpected end of input"],
    ["an unknown field", { fro: "2m" }, "field fro not found"],
    ["a broken template", { annotations: { says: "{{ $valeu }}" } }, "undefined variable"],
  ])("refuses %s", async (_, change, reason) => {
    await expect(countRules(await fileOf({ ...rule, ...change }))).rejects.toThrow(reason);
  });

  it.each([
    ["a text that names a label that is not there", { annotations: { says: "{{ $labels.dist }}" } }, `"dist"`],
    ["alerts that differ in no label", { labels: { disk: "all" } }, "two of the labels"],
    ["what it cannot run", { keep_firing_for: "5m" }, "keep_firing_for is not supported"],
  ])("refuses to run %s", async (_, change, reason) => {
    const series = { 'used{disk="a"}': "9x9", 'used{disk="b"}': "9x9" };
    const file = await fileOf({ ...rule, ...change });
    await expect(firing(file, [{ series, minutes: 3 }])).rejects.toThrow(reason);
  });
});

function minutesOf(duration: string): number {
  const [, count = "", unit = ""] = /^(\d+)([mh])$/.exec(duration) ?? [];
  return Number(count) * (MINUTES[unit] ?? Number.NaN);
}
