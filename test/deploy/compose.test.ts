// The files of compose/: compose's own parser takes them, they name nothing that is not there, publish nothing beyond
// this machine, and start with no secret missing.
import { readdirSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfig } from "../../src/config/load.ts";
import { ROOT, readDocument } from "../docs/examples.ts";
import { describeWith, neededProgram } from "../support/programs.ts";
import { run } from "../support/run.ts";
import { loadCompose, makeSecrets } from "./compose-file.ts";

const FILES = ["compose/compose.yaml", "compose/compose.scale.yaml"];
const LEAST = ["MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD", "STORE_SECRET", "STORE_REDIRECT_SECRET"];
const ROOT_KEY = ["NEARBUCKET_ROOT_ACCESS_KEY", "NEARBUCKET_ROOT_SECRET_KEY"];
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  "compose/compose.yaml": [...LEAST, ...ROOT_KEY],
  "compose/compose.scale.yaml": [
    ...LEAST,
    ...ROOT_KEY,
    "NEARBUCKET_ENCRYPTION_KEY",
    "POSTGRES_PASSWORD",
    "GRAFANA_PASSWORD",
  ],
};

describe("make-secrets.sh", () => {
  it("makes each secret once, and other ones each time", async () => {
    const [one, other] = [await makeSecrets(), await makeSecrets()];
    expect(Object.keys(one).sort()).toEqual([...(SECRETS["compose/compose.scale.yaml"] ?? [])].sort());
    for (const [name, value] of Object.entries(one).filter(([name]) => !/ACCESS_KEY|USER/.test(name))) {
      expect(value).toMatch(/^[0-9a-f]{40}$/);
      expect(value).not.toBe(other[name]);
    }
  });

  it("makes a configuration of the gateways without faults", async () => {
    const checked = readConfig(readDocument("compose/nearbucket.scale.yaml"), "/etc/nearbucket", await makeSecrets());
    expect("faults" in checked ? checked.faults : []).toEqual([]);
  });
});

describeWith(["compose-check"], "the compose files", () => {
  it.each(FILES)("%s is taken, and names only files that are there", async (file) => {
    const services = await loadCompose(file, await makeSecrets());
    const sources = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.filter(({ type }) => type === "bind").map(({ source }) => source),
    );
    expect(sources.length).toBeGreaterThan(2);
    expect(
      sources.filter((source) => !isAbsolute(source) || !statSync(source, { throwIfNoEntry: false })?.isFile()),
    ).toEqual([]);
  });

  it.each(FILES)("%s publishes ports to this machine only", async (file) => {
    const ports = Object.values(await loadCompose(file, await makeSecrets())).flatMap(({ ports = [] }) => ports);
    expect(ports.length).toBeGreaterThan(2);
    expect(ports.filter(({ host_ip }) => host_ip !== "127.0.0.1")).toEqual([]);
    expect(new Set(ports.map(({ published }) => published)).size).toBe(ports.length);
  });

  it.each(FILES)("%s does not start while a secret is missing", async (file) => {
    const env = await makeSecrets();
    for (const name of SECRETS[file] ?? [])
      await expect(loadCompose(file, { ...env, [name]: "" })).rejects.toThrow(
        `required variable ${name} is missing a value`,
      );
  });

  it("let every service of the larger one be waited for, and name images by exact tags", async () => {
    const services = await loadCompose("compose/compose.scale.yaml", await makeSecrets());
    const unwatched = Object.entries(services).filter(([, { healthcheck }]) => healthcheck === undefined);
    expect(unwatched.map(([name]) => name)).toEqual(["users"]);
    for (const { depends_on = {} } of Object.values(services))
      for (const { condition } of Object.values(depends_on))
        expect(condition).toMatch(/healthy|completed_successfully/);
    const images = Object.values(services).flatMap(({ image = "" }) => (image.startsWith("nearbucket") ? [] : [image]));
    expect(images.length).toBe(4);
    for (const image of images) expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?[-\w]*$/);
  });

  it("give the load balancer the address that the gateways trust", async () => {
    const env = await makeSecrets();
    const { balancer } = await loadCompose("compose/compose.scale.yaml", env);
    const checked = readConfig(readDocument("compose/nearbucket.scale.yaml"), "/etc/nearbucket", env);
    expect("config" in checked && checked.config.trustedProxies).toEqual([balancer?.networks?.["front"]?.ipv4_address]);
  });

  it("let Prometheus read each gateway's metrics, and the alerts", async () => {
    const env = await makeSecrets();
    const services = await loadCompose("compose/compose.scale.yaml", env);
    const checked = readConfig(readDocument("compose/nearbucket.scale.yaml"), "/etc/nearbucket", env);
    const port = "config" in checked ? checked.config.admin?.listen?.port : undefined;
    const gateways = Object.keys(services).filter((name) => name.startsWith("gateway"));
    const { scrape_configs, rule_files, ...rest } = parse(readDocument("compose/prometheus.yaml"));
    // The name of the job is the one that the alerts know.
    expect(scrape_configs).toEqual([
      {
        job_name: "nearbucket",
        metrics_path: "/-/metrics",
        static_configs: [{ targets: gateways.map((name) => `${name}:${port}`) }],
      },
    ]);
    const alerts = join(ROOT, "deploy/prometheus/alerts.yaml");
    const mounted = services["prometheus"]?.volumes?.find(({ source }) => source === alerts);
    expect(rule_files).toEqual([mounted?.target]);
    expect(rest).toEqual({ global: { scrape_interval: "15s", evaluation_interval: "15s" } });
  });
});

describe("the gateway's Dockerfile", () => {
  it("copies only what is there and what its context has", () => {
    const lines = [...readDocument("compose/Dockerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm)];
    const sources = lines.flatMap((match) => (match[1] ?? "").split(" "));
    expect(sources).toContain("src");
    const context = readDocument("compose/Dockerfile.dockerignore").split("\n");
    expect(sources.filter((source) => !context.includes(`!${source}`))).toEqual([]);
    const there = readdirSync(ROOT);
    expect(
      sources.filter(
        (source) =>
          !there.some((name) => new RegExp(`^${source.replaceAll(".", "\\.").replace("*", ".*")}$`).test(name)),
      ),
    ).toEqual([]);
  });
});

describeWith(["hadolint"], "the Dockerfiles", () => {
  it.each(["compose/Dockerfile", "compose/minio.Dockerfile"])("%s has no fault that hadolint knows", async (file) => {
    await run(neededProgram("hadolint"), [join(ROOT, file)]);
  });
});
