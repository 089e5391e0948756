/** What in a valid configuration endangers data or secrets, or does not do what one may expect. Pure. */
import { isIP } from "node:net";
import { error, type Finding, ok, warning } from "../admin/checks/finding.ts";
import type { GatewayConfig } from "../config/schema.ts";

type Check = (config: GatewayConfig) => readonly Finding[];

export function checkConfiguration(config: GatewayConfig): readonly Finding[] {
  const findings = CHECKS.flatMap((check) => check(config));
  return findings.length > 0 ? findings : [ok(CHECK, undefined, "nothing to remark")];
}

const CHECK = "configuration";
const LEAST_SECRET = 16;

const warn = (subject: string, says: string, remedy: string): readonly Finding[] => [
  warning({ check: CHECK, subject, says, remedy }),
];

const CHECKS: readonly Check[] = [
  ({ copies, backends }) => {
    if (copies === 1)
      return warn("copies", "is 1: a backend that is lost takes its objects with it", "Set copies to 2 or more.");
    const regions = new Set(backends.map(({ region }) => region)).size;
    if (regions === 1)
      return warn(
        "regions",
        "all backends are in one region, and are lost with it",
        "Add a backend in another region.",
      );
    if (regions < Math.min(copies, backends.length))
      return warn("regions", `${copies} copies in ${regions} regions: some share one`, "Add a region, or want fewer.");
    return [];
  },
  ({ copies, minimumCopies, backends }) => {
    const takers = backends.filter(({ draining }) => !draining).length;
    if (takers < minimumCopies)
      return [
        error({
          check: CHECK,
          subject: "backends",
          says: `only ${takers} of ${backends.length} take new objects: no write can have its ${copies} copies`,
          remedy: "Add a backend, or end the draining of one.",
        }),
      ];
    if (takers > minimumCopies) return [];
    return [ok(CHECK, "backends", `${takers} for ${minimumCopies} copies: writes get 503 while one is away`)];
  },
  ({ backends }) =>
    backends.some(({ kind }) => kind === "memory")
      ? warn("backends", "some of kind memory: what stands there is gone with the process", "Use them for tests only.")
      : [],
  ({ metadata }) =>
    metadata.kind === "sqlite" && !metadata.durable
      ? warn("metadata.durable", "is false: a power cut loses acknowledged writes", "Set it to true.")
      : [],
  ({ listen, tls, trustedProxies }) =>
    isLoopback(listen.host) || tls !== undefined || trustedProxies.length > 0
      ? []
      : warn(
          "listen.host",
          `${listen.host} is reached from other machines by plain http: objects can be read and changed on the way`,
          "Set tls, or put a TLS proxy in front and its address into trustedProxies.",
        ),
  ({ sources }) =>
    sources.flatMap(({ name, endpoint }) => byPlainHttp(`source ${name}`, endpoint, "objects can be read and changed")),
  // What is changed on the way from a backend is found by its hash.
  ({ backends }) =>
    backends.flatMap((backend) =>
      "endpoint" in backend ? byPlainHttp(backend.name, backend.endpoint, "objects can be read") : [],
    ),
  ({ rootKey, listen, publicUrl }) =>
    rootKey.secretAccessKey.length >= LEAST_SECRET || (isLoopback(listen.host) && publicUrl === undefined)
      ? []
      : [
          error({
            check: CHECK,
            subject: "rootKey.secretAccessKey",
            says: `has fewer than ${LEAST_SECRET} characters, and others can try guesses`,
            remedy: "Take a random one: head -c 30 /dev/urandom | base64",
          }),
        ],
  ({ admin }) =>
    admin.listen === undefined || isLoopback(admin.listen.host)
      ? []
      : warn(
          "admin.listen.host",
          `${admin.listen.host}: whoever reaches it is an operator`,
          "Let a firewall close it to others, or listen on loopback.",
        ),
  ({ admin, trustedProxies }) =>
    Object.entries({ "admin.networks": admin.networks, trustedProxies }).flatMap(([key, networks]) =>
      networks.some((network) => network.endsWith("/0"))
        ? warn(key, "names all addresses: everybody is believed", "Name the networks that you know.")
        : [],
    ),
  ({ publicUrl, tls, redirect, backends }) => {
    const isSecure = tls !== undefined || publicUrl?.startsWith("https:") === true;
    if (!isSecure || redirect.allowInsecureRedirects) return [];
    return backends.flatMap((backend) =>
      "publicEndpoint" in backend && backend.publicEndpoint?.startsWith("http:")
        ? warn(
            backend.name,
            "publicEndpoint is http, while clients come by https: nobody is redirected there",
            "Give it a certificate, or leave publicEndpoint out.",
          )
        : [],
    );
  },
  ({ backends }) =>
    backends.flatMap((backend) =>
      "publicEndpoint" in backend && backend.clientNetworks === undefined && isPrivate(backend.publicEndpoint)
        ? warn(
            backend.name,
            `publicEndpoint ${backend.publicEndpoint} can be reached from its own network only`,
            "Name that network in clientNetworks: all others are then proxied.",
          )
        : [],
    ),
];

function byPlainHttp(subject: string, endpoint: string, harm: string): readonly Finding[] {
  const { protocol, hostname } = new URL(endpoint);
  // A name without a dot is one of the own network: a container's, beside the gateway's.
  if (protocol !== "http:" || isLoopback(hostname) || /^[^.:]+$/.test(hostname)) return [];
  return warn(
    subject,
    `${endpoint} is another machine, asked by plain http: ${harm} on the way`,
    "Give it https, or a way there that nobody else can reach.",
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || host.startsWith("127.");
}

/** An address of a private network; a name may be anything, and loopback is for trying things out. */
function isPrivate(origin: string | undefined): boolean {
  const host = origin === undefined ? "" : new URL(origin).hostname;
  return isIP(host) === 4 && /^(?:10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\./.test(host);
}
