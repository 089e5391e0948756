/** Caddy and nginx on 127.0.0.1, with the files of deploy/ in front of a gateway. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../docs/examples.ts";
import { makeCa } from "../support/certificates.ts";
import { run } from "../support/run.ts";
import { freePort, type ServerProgram, startServerProcess } from "../support/server-process.ts";
import { replaceEach } from "./replace-each.ts";

export interface FrontProxy extends AsyncDisposable {
  /** Where clients reach it. */
  readonly url: string;
  /** PEM of who signed its certificate; undefined where it speaks plain http. */
  readonly ca: string | undefined;
  /** What it has logged, the newest 64 KiB. */
  said(): string;
}

const CADDYFILE = join(ROOT, "deploy/caddy/Caddyfile");
const NGINX_CONF = join(ROOT, "deploy/nginx/nearbucket.conf");

/** `gateways`: host and port of each. */
export async function startCaddy(gateways: readonly string[]): Promise<FrontProxy> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-caddy-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const env = {
    ...{ CADDY_ADMIN: "off", NEARBUCKET_SITE: url, NEARBUCKET_GATEWAYS: gateways.join(" ") },
    ...{ XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
  };
  await run("caddy", ["validate", "--adapter", "caddyfile", "--config", CADDYFILE], { env });
  const words = ["run", "--adapter", "caddyfile", "--config", CADDYFILE];
  return started({ path: "caddy", arguments: words, env, readyUrl: `${url}/-/health` }, directory, url, undefined);
}

/** It speaks https with a certificate made for the test. */
export async function startNginx(gateways: readonly string[]): Promise<FrontProxy> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-nginx-"));
  const ca = await makeCa(directory, "ca");
  const files = await ca.issue("proxy");
  const [port, plainPort] = [await freePort(), await freePort()];
  const site = replaceEach(await readFile(NGINX_CONF, "utf8"), [
    ["server 127.0.0.1:9000 max_fails", gateways.map((gateway) => `server ${gateway} max_fails`).join("=1; ")],
    ["listen 443 ssl;", `listen 127.0.0.1:${port} ssl; listen 127.0.0.1:${plainPort};`],
    ["s3.example.com *.s3.example.com", "localhost"],
    ["/etc/ssl/nearbucket.pem", files.certificate],
    ["/etc/ssl/nearbucket.key", files.key],
  ]);
  const conf = join(directory, "nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
    .join(" ");
  await writeFile(
    conf,
    `daemon off; master_process off; pid ${directory}/pid; error_log stderr; events {} http { ${temporary} ${site} }`,
  );
  const words = ["-p", directory, "-e", "stderr", "-c", conf];
  await run("nginx", ["-t", ...words]);
  const url = `https://127.0.0.1:${port}`;
  const readyUrl = `http://127.0.0.1:${plainPort}/-/health`;
  return started({ path: "nginx", arguments: words, readyUrl }, directory, url, ca.pem);
}

async function started(
  program: ServerProgram,
  directory: string,
  url: string,
  ca: string | undefined,
): Promise<FrontProxy> {
  const server = await startServerProcess(program);
  return {
    url,
    ca,
    said: () => server.said(),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
