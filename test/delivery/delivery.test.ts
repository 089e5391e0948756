// The route of a read: which replica, which URL, and what the answer's headers report.
import { describe, expect, it } from "vitest";
import type { RedirectAbilities } from "../../src/registration.ts";
import { asked, bench, redirect, replica, request, trusted } from "./support.ts";

describe("route", () => {
  it("redirects a follower with a signed URL that carries the object's headers, and says why", async () => {
    const { delivery, counted } = await bench();
    const route = delivery.route(trusted("52,5"));
    expect(route).toMatchObject({ kind: "redirect", rule: "14-client" });
    expect(route.headers).toEqual({
      Location: route.kind === "redirect" ? route.url : "",
      "Cache-Control": "no-store",
      "x-nearbucket-served": "redirect; reason=14-client",
      "x-nearbucket-region": "amsterdam",
      "x-amz-bucket-region": "us-east-1",
    });
    const url = new URL(route.headers["Location"] ?? "");
    expect(url.origin + url.pathname).toBe("http://amsterdam.example:9000/blobs/blobs/ab/cd");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      "response-content-type": "text/plain",
      "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
      "X-Amz-Expires": "120",
      "X-Amz-Date": "20300101T000000Z",
    });
    expect(counted).toEqual(["redirect 14-client aws-sdk-go"]);
  });

  it("lets the client's own response parameters win", async () => {
    const { delivery } = await bench();
    const route = delivery.route(
      request({ query: new URLSearchParams("response-content-type=a/b&response-expires=never&other=1") }),
    );
    const { searchParams } = new URL(route.headers["Location"] ?? "");
    expect([
      searchParams.get("response-content-type"),
      searchParams.get("response-expires"),
      searchParams.get("other"),
    ]).toEqual(["a/b", "never", null]);
  });

  it("signs a URL that ends with the permission, also for media that ask for a redirect", async () => {
    const { delivery, state } = await bench({
      redirect: { ...redirect, mediaExpirySeconds: 21_600, mediaBuckets: ["b"] },
    });
    const until = new Date("2030-01-01T00:00:02Z");
    const video = asked({ until, headers: { "user-agent": "curl/8", "sec-fetch-dest": "video" } });
    const { searchParams } = new URL(delivery.route(video).headers["Location"] ?? "");
    expect([searchParams.get("X-Amz-Date"), searchParams.get("X-Amz-Expires")]).toEqual(["20300101T000000Z", "2"]);
    state.now = new Date(until.getTime() - 999);
    expect(delivery.route(video)).toMatchObject({ kind: "proxy", rule: "0-ending" });
  });

  it("orders a proxy's replicas by the claimed place, and names the region", async () => {
    const { delivery, counted } = await bench();
    const boto = { bytes: 1, headers: { "user-agent": "Boto3/1", "x-nearbucket-client": "43,-79" }, trustedPeer: true };
    expect(delivery.route(request(boto))).toEqual({
      kind: "proxy",
      order: ["toronto", "amsterdam"],
      rule: "12-small",
      headers: { "x-nearbucket-served": "proxy; reason=12-small", "x-nearbucket-region": "toronto" },
    });
    expect(counted).toEqual(["proxy 12-small boto3"]);
  });

  it("proxies from the copy that is quicker to the gateway, wherever the client is", async () => {
    const { delivery, state } = await bench({ clientMap: [{ cidr: "192.0.2.0/24", region: "toronto" }] });
    const order = (change: Parameters<typeof request>[0]) => delivery.route(request({ ...change, bytes: 1 }));
    expect(order({})).toMatchObject({ kind: "proxy", order: ["toronto", "amsterdam"] });
    state.latencyMs["toronto"] = 90;
    expect(order({})).toMatchObject({ kind: "proxy", order: ["amsterdam", "toronto"] });
    // Who claims a place wants what stands there.
    expect(order(trusted("43,-79"))).toMatchObject({ kind: "proxy", order: ["toronto", "amsterdam"] });
  });

  it("places a client by the network map, a claim going first", async () => {
    const { delivery } = await bench({ clientMap: [{ cidr: "192.0.2.0/24", region: "toronto" }] });
    expect(delivery.route(request()).headers["x-nearbucket-region"]).toBe("toronto");
    expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("amsterdam");
    expect(delivery.route({ ...trusted("52,5"), trustedPeer: false }).headers["x-nearbucket-region"]).toBe("toronto");
  });

  it("redirects to no replica that is lost, down or draining, and proxies from the last two only when nothing better is left", async () => {
    const { delivery, state } = await bench();
    const lost = request({ blob: { ...request().blob, replicas: [replica("amsterdam", "lost"), replica("toronto")] } });
    expect(delivery.route(lost).headers["x-nearbucket-region"]).toBe("toronto");
    state.down.add("amsterdam");
    expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("toronto");
    state.draining.add("toronto");
    expect(delivery.route(trusted("52,5"))).toMatchObject({
      kind: "proxy",
      rule: "5-no-public-replica",
      order: ["toronto", "amsterdam"],
    });
  });

  it("redirects to no backend where reads fail, and proxies from it last", async () => {
    const { delivery, state } = await bench();
    state.failing.add("amsterdam");
    expect(delivery.route(trusted("52,5"))).toMatchObject({
      kind: "redirect",
      headers: { "x-nearbucket-region": "toronto" },
    });
    const boto = { ...trusted("52,5"), bytes: 1 };
    expect(delivery.route(boto)).toMatchObject({ kind: "proxy", order: ["toronto", "amsterdam"] });
    state.draining.add("toronto");
    expect(delivery.route(trusted("52,5"))).toMatchObject({ kind: "proxy", order: ["toronto", "amsterdam"] });
    state.down.add("toronto");
    expect(delivery.route(trusted("52,5"))).toMatchObject({ kind: "proxy", order: ["amsterdam", "toronto"] });
  });

  it("proxies a client of unknown place from the quicker backend", async () => {
    const { delivery, state } = await bench();
    const order = () => {
      const route = delivery.route(request({ bytes: 1 }));
      return [route.headers["x-nearbucket-region"], ...(route.kind === "proxy" ? route.order : [])];
    };
    expect(order()).toEqual(["amsterdam", "amsterdam", "toronto"]);
    state.latencyMs["amsterdam"] = 90;
    expect(order()).toEqual(["toronto", "toronto", "amsterdam"]);
    state.latencyMs["toronto"] = 1000;
    expect(order()).toEqual(["amsterdam", "amsterdam", "toronto"]);
  });

  it("redirects a client of unknown place as drawn, except to a backend that is slower than distance explains", async () => {
    const { delivery, state } = await bench();
    const region = () => delivery.route(asked()).headers["x-nearbucket-region"];
    state.latencyMs["amsterdam"] = 250;
    expect(region()).toBe("amsterdam");
    state.latencyMs["amsterdam"] = 1100;
    expect(region()).toBe("toronto");
  });

  it("redirects to the nearest backend, also when a far one is quicker", async () => {
    const { delivery, state } = await bench();
    state.latencyMs["amsterdam"] = 1100;
    expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("amsterdam");
  });

  it("keeps clients from outside a backend's networks away from it", async () => {
    const { delivery } = await bench({
      backends: [{ name: "amsterdam", clientNetworks: ["10.0.0.0/8"] }, { name: "toronto" }],
    });
    expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("toronto");
    expect(delivery.route(trusted("52,5", { clientAddress: "10.1.1.1" })).headers["x-nearbucket-region"]).toBe(
      "amsterdam",
    );
  });

  it("takes a store's own conduct into account, and a declared one for certain", async () => {
    const found = (change: Partial<RedirectAbilities>) => ({
      ...{ publicEndpoint: "http://amsterdam.example:9000", at: new Date(0), ...change },
    });
    const signed = { ...trusted("52,5"), headers: { ...trusted("52,5").headers, "x-amz-date": "" } };
    const { delivery, state } = await bench({}, "auto");
    expect(delivery.route(signed).rule).toBe("8-replayed-headers");
    state.abilities["amsterdam"] = found({ replayedHeaders: "strict" });
    expect(delivery.route(signed).rule).toBe("8-replayed-headers");
    state.abilities["amsterdam"] = found({ replayedHeaders: "tolerate" });
    expect(delivery.route(signed).rule).toBe("14-client");
    const declared = await bench({}, "strict");
    declared.state.abilities["amsterdam"] = found({ replayedHeaders: "tolerate" });
    expect(declared.delivery.route(signed).rule).toBe("8-replayed-headers");
  });

  it.each(["keyReads", "sameStore", "ranges", "conditions", "overrides"] as const)(
    "redirects nobody to a store that was found wrong about %s",
    async (ability) => {
      const { delivery, state } = await bench();
      const at = { publicEndpoint: "http://amsterdam.example:9000", at: new Date(0) };
      state.abilities["amsterdam"] = { ...at, [ability]: false };
      expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("toronto");
      const { replicas } = delivery.explain(trusted("52,5"));
      expect(replicas.find(({ backend }) => backend === "amsterdam")?.notRedirectable).toContain("answered wrongly");
      state.abilities["amsterdam"] = { ...at, [ability]: undefined };
      expect(delivery.route(trusted("52,5")).headers["x-nearbucket-region"]).toBe("amsterdam");
    },
  );

  it("asks the access key before the bucket, and the bucket before the gateway", async () => {
    const { delivery } = await bench();
    const bucket = { ...request().bucket, settings: { redirect: "always" as const } };
    const small = { bytes: 1, bucket };
    expect(delivery.route(request({ bytes: 1 })).rule).toBe("12-small");
    expect(delivery.route(request(small))).toMatchObject({ kind: "redirect" });
    expect(delivery.route(request({ ...small, keyRedirect: "off" })).rule).toBe("0-off");
  });

  it("streams to a client of unknown conduct that comes back within ten seconds, and redirects it again later", async () => {
    const { delivery, state } = await bench({
      redirect: { ...redirect, mode: "always" },
    });
    const boto = request({ headers: { "user-agent": "Boto3/1" } });
    const rules = () => [
      delivery.route(boto).rule,
      delivery.route({ ...boto, headers: { ...boto.headers, range: "bytes=0-9" } }).rule,
    ];
    expect(rules()).toEqual(["14-client", "14-client"]);
    expect(rules()).toEqual(["4-retry", "4-retry"]);
    state.now = new Date(state.now.getTime() + 9_999);
    expect(delivery.route(boto).rule).toBe("4-retry");
    state.now = new Date(state.now.getTime() + 1);
    expect(delivery.route(boto).rule).toBe("14-client");
  });

  it("streams the same bytes again to any client that comes back on its connection, for ten seconds", async () => {
    const { delivery, state } = await bench();
    const connection = {};
    const read = (change: Parameters<typeof request>[0] = {}) =>
      delivery.route(request({ connection, ...change })).rule;
    const range = { headers: { "user-agent": "aws-sdk-go/1.44.298", range: "bytes=0-4194303" } };
    const other = { ...request().object, key: "other" };
    expect([read(), read(range), read({ object: other })]).toEqual(["14-client", "14-client", "14-client"]);
    state.now = new Date(state.now.getTime() + 9_999);
    expect([read(), read(range), read({ object: other }), read()]).toEqual(Array(4).fill("4-retry"));
    expect([read({ connection: {} }), read({ connection: undefined })]).toEqual(["14-client", "14-client"]);
    state.now = new Date(state.now.getTime() + 1);
    expect(read()).toBe("14-client");
  });

  it.each([
    ["of another address", { clientAddress: "192.0.2.2" }],
    ["with another key", { accessKeyId: "other" }],
    ["of another kind", { headers: { "user-agent": "aws-sdk-go/1.44.299" } }],
    ["that asks for another version", { object: { ...request().object, versionId: "2" } }],
    ["of another bucket", { bucket: { ...request().bucket, id: 2 } }],
  ] as const)(
    "takes nobody %s for the one that was sent away, though a proxy's connection be the same",
    async (_, change) => {
      const { delivery } = await bench({ redirect: { ...redirect, mode: "always" } });
      const connection = {};
      expect(delivery.route(request({ connection })).kind).toBe("redirect");
      expect(delivery.route(request({ connection, ...change })).kind).toBe("redirect");
      expect(delivery.route(request({ connection })).rule).toBe("4-retry");
    },
  );

  it("redirects a browser again that asks for the same page on its connection", async () => {
    const { delivery } = await bench();
    const headers = { "user-agent": "Mozilla/5.0", "sec-fetch-mode": "navigate" };
    const page = request({ connection: {}, authentication: "presigned", headers });
    expect([1, 2].map(() => delivery.route(page).rule)).toEqual(["15-navigation", "15-navigation"]);
  });

  it("keeps the last few reads of a connection, and none with endless headers", async () => {
    const { delivery } = await bench();
    const connection = {};
    const read = (n: number, agent = "aws-sdk-go/1") =>
      delivery.route(request({ connection, headers: { "user-agent": agent, range: `bytes=0-${4194303 + n}` } })).rule;
    for (const n of [1, 2, 3, 4, 5]) expect(read(n)).toBe("14-client");
    expect([5, 2].map((n) => read(n))).toEqual(["4-retry", "4-retry"]);
    expect(read(1)).toBe("14-client");
    const endless = `aws-sdk-go/1 ${"x".repeat(1000)}`;
    expect([read(9, endless), read(9, endless)]).toEqual(["14-client", "14-client"]);
  });

  it("never holds a repeated read on other connections against a client that follows or asked", async () => {
    const { delivery } = await bench({
      redirect: { ...redirect, mode: "always" },
    });
    expect([1, 2, 3].map(() => delivery.route(request()).kind)).toEqual(["redirect", "redirect", "redirect"]);
    expect([1, 2, 3].map(() => delivery.route(asked()).kind)).toEqual(["redirect", "redirect", "redirect"]);
  });
});
