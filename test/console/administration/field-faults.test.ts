import { expect, it } from "vitest";
import { faultAt, faultBeside } from "../../../src/console/ui/field-faults.ts";

const FAULT = {
  code: "BadRequest",
  message: "The request does not have the shape that this call asks for",
  status: 400,
  errors: [
    { pointer: "/scope/networks/1", detail: "expected a network" },
    { pointer: "/name", detail: "too long" },
    { pointer: "/more", detail: "unknown key" },
  ],
};

it("puts each fault at its field, with the line of a list", () => {
  expect(faultAt(FAULT, "/name")).toBe("too long");
  expect(faultAt(FAULT, "/scope/networks")).toBe("line 2: expected a network");
  expect(faultAt(FAULT, "/nam")).toBeUndefined();
  expect(faultAt(undefined, "/name")).toBeUndefined();
});

it("tells beside the fields what stands at none of them", () => {
  expect(faultBeside(FAULT, ["/name", "/scope/networks"])?.message).toBe("more: unknown key");
  expect(faultBeside(FAULT, ["/name", "/scope", "/more"])).toBeUndefined();
  const whole = { code: "Conflict", message: "b is removed", status: 409 };
  expect(faultBeside(whole, ["/name"])).toBe(whole);
});
