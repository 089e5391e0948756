import { describe, expect, it } from "vitest";
import { bench, redirect, replica, request } from "./support.ts";

const here = { latitude: 52, longitude: 5 };

describe("explain", () => {
  it("says what route does, and counts nothing", async () => {
    const { delivery, counted } = await bench();
    const { answer, family, steps } = delivery.explain(request(), here);
    expect(answer).toMatchObject({ kind: "redirect", backend: "amsterdam", rule: "14-client" });
    expect(answer.because).toBe("the request is signed in its header, and aws-sdk-go is known to follow redirects");
    expect(family).toBe("aws-sdk-go");
    expect(steps.at(-1)).toMatchObject({ rule: "14-client", outcome: "redirect" });
    expect(counted).toEqual([]);
  });

  it("ranks by the distance to a place that is pretended, and tells it", async () => {
    const { delivery } = await bench();
    const { replicas, answer, coordinates, region } = delivery.explain(request(), { latitude: 43, longitude: -79 });
    expect(replicas.map(({ backend, distanceKm }) => [backend, distanceKm && Math.round(distanceKm / 100)])).toEqual([
      ["toronto", 1],
      ["amsterdam", 60],
    ]);
    expect(answer.backend).toBe("toronto");
    expect({ coordinates, region }).toEqual({ coordinates: { latitude: 43, longitude: -79 }, region: undefined });
    expect(replicas[0]?.latencyMs).toBe(5);
  });

  it("takes the place from the client map otherwise", async () => {
    const { delivery } = await bench({ clientMap: [{ cidr: "192.0.2.0/24", region: "toronto" }] });
    const { region, coordinates, answer } = delivery.explain(request());
    expect({ region, coordinates }).toEqual({
      region: "toronto",
      coordinates: { latitude: 43.65, longitude: -79.38 },
    });
    expect(answer.backend).toBe("toronto");
  });

  it("says that equally close copies were drawn lots for, and only then", async () => {
    const { delivery, state } = await bench();
    const lots = "; amsterdam and toronto are equally close, and amsterdam was drawn at random";
    expect(delivery.explain(request()).answer.because).toContain(lots);
    expect(delivery.explain(request(), here).answer.because).not.toContain("drawn");
    state.latencyMs["toronto"] = 5000;
    expect(delivery.explain(request()).answer.because).not.toContain("drawn");
    state.latencyMs["toronto"] = 5;
    state.draining.add("toronto");
    expect(delivery.explain(request()).answer.because).not.toContain("drawn");
  });

  it.each([
    ["down", "it is down"],
    ["draining", "it is being emptied"],
    ["failing", "reads there fail: its breaker is not closed"],
  ] as const)("says why nobody is sent to a backend that is %s", async (kind, words) => {
    const { delivery, state } = await bench();
    state[kind].add("amsterdam");
    const { replicas, answer } = delivery.explain(request(), here);
    expect(replicas.map(({ backend, notRedirectable }) => [backend, notRedirectable])).toEqual([
      ["toronto", undefined],
      ["amsterdam", words],
    ]);
    expect(answer).toMatchObject({ kind: "redirect", backend: "toronto" });
  });

  it("says that a backend does not admit the client's address", async () => {
    const { delivery } = await bench({ backends: [{ name: "amsterdam", clientNetworks: ["10.0.0.0/8"] }] });
    const { replicas } = delivery.explain(request(), here);
    expect(replicas[0]).toMatchObject({
      backend: "amsterdam",
      notRedirectable: "its clientNetworks do not admit the client's address",
    });
    expect(delivery.explain(request({ clientAddress: "10.1.2.3" }), here).answer.backend).toBe("amsterdam");
  });

  it("names the copies that are not read, and why", async () => {
    const { delivery } = await bench();
    const { blob } = request();
    const replicas = [replica("amsterdam", "lost"), replica("toronto", "deleting"), replica("elsewhere")];
    const { left, answer } = delivery.explain(request({ blob: { ...blob, replicas } }));
    expect(left).toEqual([
      { backend: "amsterdam", why: "its copy is lost: absent, short, corrupt or no longer needed" },
      { backend: "toronto", why: "its copy is being deleted" },
      { backend: "elsewhere", why: "no backend of this gateway has that name" },
    ]);
    expect(answer).toMatchObject({ kind: "proxy", backend: undefined, rule: "5-no-public-replica" });
    expect(answer.because).toContain("no copy can be read now");
  });

  it("neither remembers a redirect nor hides one that route remembers", async () => {
    const { delivery } = await bench({ redirect: { ...redirect, mode: "always" } });
    const read = request({ headers: { "user-agent": "Boto3/1.43" } });
    expect(delivery.explain(read).answer.kind).toBe("redirect");
    expect(delivery.explain(read).answer.kind).toBe("redirect");
    expect(delivery.route(read).kind).toBe("redirect");
    expect(delivery.explain(read).answer).toMatchObject({ kind: "proxy", rule: "4-retry" });
  });
});
