import { expect, it } from "vitest";
import { decoderFor } from "../../src/console/screens/details/text-encoding.ts";

it.each([
  ["text/plain; charset=iso-8859-1", "windows-1252"],
  ['text/plain; format=flowed; Charset="Shift_JIS"', "shift_jis"],
  ["text/plain; charset=klingon", "utf-8"],
  ["text/plain", "utf-8"],
  [undefined, "utf-8"],
])("reads %s as %s", (type, encoding) => {
  expect(decoderFor(type).encoding).toBe(encoding);
});
