import { describe, expect, it } from "vitest";
import { concernsAll, Gate } from "../../../src/console/upload/gate.ts";

const BUSY = { code: "SlowDown", message: "", status: 503 };

describe("the gate before the gateway", () => {
  it("is shut for one pause, however many requests were refused together", () => {
    const gate = new Gate();
    const pause = gate.shut(BUSY, 1000) ?? 0;
    expect(pause).toBeGreaterThan(0);
    expect(gate.shut(BUSY, 1000)).toBe(pause);
    expect(gate.isShut(1000 + pause - 1)).toBe(true);
    expect(gate.isShut(1000 + pause)).toBe(false);
  });

  it("opens no earlier than the gateway said", () => {
    const gate = new Gate();
    gate.shut({ ...BUSY, retryAfterSeconds: 20 }, 0);
    expect(gate.isShut(19_999)).toBe(true);
  });

  it("stays shut longer each time, until somebody must look; a good answer begins anew", () => {
    const gate = new Gate();
    let [nowMs, pauses] = [0, 0];
    for (let pause = gate.shut(BUSY, nowMs); pause !== undefined; pause = gate.shut(BUSY, nowMs)) {
      nowMs += pause;
      pauses += 1;
    }
    expect(pauses).toBe(9);
    gate.passed();
    expect(gate.shut(BUSY, nowMs)).toBeLessThanOrEqual(1000);
  });

  it("is shut by what concerns all files, not by what concerns one", () => {
    expect(concernsAll(BUSY)).toBe(true);
    expect(concernsAll({ code: "Offline", message: "", status: 0 })).toBe(true);
    expect(concernsAll({ code: "InternalError", message: "", status: 500 })).toBe(false);
    expect(concernsAll({ code: "Unreadable", message: "", status: 0 })).toBe(false);
    expect(concernsAll({ code: "NoSuchUpload", message: "", status: 404 })).toBe(false);
  });
});
