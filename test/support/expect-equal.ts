import { expect } from "vitest";

/** Equal bytes, without printing megabytes when they are not. */
export function expectEqual(actual: Buffer, expected: Buffer): void {
  expect(actual.length).toBe(expected.length);
  expect(actual.equals(expected), "the bytes differ").toBe(true);
}
