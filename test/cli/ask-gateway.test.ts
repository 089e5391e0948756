import { describe, expect, it } from "vitest";
import { askGateway } from "../../src/cli/ask-gateway.ts";
import { makeCa } from "../support/certificates.ts";
import { startTestGateway } from "../support/gateway.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const host = "127.0.0.1";
const nobodyElse = { networks: [] };

describe("askGateway", () => {
  it("hears from the listener that the configuration names, for operators alone where there is one", async () => {
    await using gateway = await startTestGateway();
    const listen = { host, port: gateway.port };
    const { url, status } = await askGateway({ admin: nobodyElse, listen, tls: undefined });
    expect([url, status?.copies, status?.backends.map(({ name, up }) => [name, up])]).toEqual([
      gateway.url,
      2,
      ["store-1", "store-2", "store-3"].map((name) => [name, true]),
    ]);
    expect(status?.startedAt.getTime()).toBeLessThanOrEqual(status?.now.getTime() ?? 0);

    await using apart = await startTestGateway({ config: { admin: { listen: { port: 0 } } } });
    const port = Number(new URL(apart.gateway.adminUrl ?? "").port);
    const wild = { listen: { host: "0.0.0.0", port }, networks: [] };
    expect((await askGateway({ admin: wild, listen, tls: undefined })).status?.copies).toBe(2);
    const s3 = { host, port: apart.port };
    expect(await askGateway({ admin: nobodyElse, listen: s3, tls: undefined })).toMatchObject({
      status: undefined,
      reason: expect.stringContaining("does not take this machine for an operator"),
    });
  });

  it("trusts the gateway's own certificate, whoever signed it, and no other", async () => {
    const directory = await temporaryDirectory();
    const ca = await makeCa(directory, "ca");
    const tls = await ca.issue("gateway");
    const other = await ca.issue("other");
    await using gateway = await startTestGateway({ config: { tls } });
    const listen = { host, port: gateway.port };
    expect((await askGateway({ admin: nobodyElse, listen, tls })).status?.copies).toBe(2);
    const refused = await askGateway({ admin: nobodyElse, listen, tls: other });
    expect([refused.status, refused.reason]).toEqual([undefined, expect.stringMatching(/certificate/)]);
  });

  it("says that nobody can know a port that the system chose", async () => {
    const listen = { host, port: 0 };
    expect(await askGateway({ admin: nobodyElse, listen, tls: undefined })).toEqual({
      url: undefined,
      status: undefined,
      reason: "its port is chosen by the system: name its address with --gateway",
    });
  });
});
