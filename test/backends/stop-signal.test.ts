import { expect, it } from "vitest";
import { Stopper } from "../../src/backends/stop-signal.ts";

it("tells each listener once, with the first reason, and none that was removed", () => {
  const stopper = new Stopper();
  const told: string[] = [];
  const removed = () => told.push("removed");
  stopper.addEventListener("abort", () => told.push(`${stopper.aborted} ${stopper.reason}`));
  stopper.addEventListener("abort", removed);
  stopper.removeEventListener("abort", removed);
  expect(stopper.aborted).toBe(false);
  stopper.stop(new Error("first"));
  stopper.stop(new Error("second"));
  expect(told).toEqual(["true Error: first"]);
});
