// Clients of a family that follows redirects, and that do not follow: what comes again on their connection is streamed.
import http from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openOverNodes } from "../support/over-nodes.ts";
import { prepare } from "../support/sign.ts";

let on: Awaited<ReturnType<typeof openOverNodes>>;
const agents: http.Agent[] = [];

beforeAll(async () => {
  on = await openOverNodes({
    redirect: { minBytes: 0, allowInsecureRedirects: true },
    cache: { bytes: 0 },
    trustedProxies: ["127.0.0.1"],
  });
  await on.put("k", "0123456789");
  await on.put("l", "abcdefghij");
});
afterAll(async () => {
  for (const agent of agents) agent.destroy();
  await on[Symbol.asyncDispose]();
});

/** One connection, kept. */
function connection(): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  agents.push(agent);
  return agent;
}

// As aws-sdk-go-v2 sends it, each time by its first attempt: an application of its own asks again.
const GO = {
  "user-agent": "aws-sdk-go-v2/1.47.3 ua/2.1 os/linux lang/go#1.23.5",
  "amz-sdk-request": "attempt=1; max=3",
};

async function get(agent: http.Agent, key: string, headers: Readonly<Record<string, string>> = {}) {
  const { url, accessKeyId, secretAccessKey } = on.gateway;
  const options = { endpoint: url, accessKeyId, secretAccessKey };
  const { target, headers: signed } = prepare(options, { path: `/bucket/${key}`, headers: { ...GO, ...headers } });
  return new Promise<{ status: number; text: string; served: string; reused: boolean }>((resolve, reject) => {
    const sent = http.request(`${url}${target}`, { agent, setHost: false, headers: signed.flat() }, (answer) => {
      const served = String(answer.headers["x-nearbucket-served"]);
      buffer(answer).then(
        (bytes) =>
          resolve({ status: answer.statusCode ?? 0, text: bytes.toString(), served, reused: sent.reusedSocket }),
        reject,
      );
    });
    sent.once("error", reject).end();
  });
}

describe("a follower by its name that does not follow", () => {
  it("gets the bytes when it comes back on its connection", async () => {
    const agent = connection();
    expect(await get(agent, "k")).toMatchObject({ status: 307 });
    const again = { status: 200, text: "0123456789", served: "proxy; reason=4-retry", reused: true };
    expect(await get(agent, "k")).toEqual(again);
    expect(await get(agent, "k")).toEqual(again);
  });

  it("is redirected for each other object and range", async () => {
    const agent = connection();
    const reads = [["k"], ["l"], ["k", { range: "bytes=0-3" }], ["k", { range: "bytes=4-" }]] as const;
    for (const [key, headers] of reads) expect(await get(agent, key, headers)).toMatchObject({ status: 307 });
    expect(await get(agent, "k", { range: "bytes=4-" })).toMatchObject({ status: 206, text: "456789", reused: true });
  });

  it("is nobody's concern on another connection: a farm of followers shares its key and User-Agent", async () => {
    expect(await get(connection(), "k")).toMatchObject({ status: 307 });
    expect(await get(connection(), "k")).toMatchObject({ status: 307 });
  });

  it("is told from the next client by its address on the connection of a trusted proxy", async () => {
    const agent = connection();
    const from = (address: string) => get(agent, "k", { "x-forwarded-for": address, "x-forwarded-proto": "http" });
    expect(await from("192.0.2.1")).toMatchObject({ status: 307 });
    expect(await from("192.0.2.2")).toMatchObject({ status: 307, reused: true });
    expect(await from("192.0.2.1")).toMatchObject({ status: 200, served: "proxy; reason=4-retry", reused: true });
  });
});
