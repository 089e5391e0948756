// The header of the PROXY protocol as a value: what proxies write, what is none, and every beginning of one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readProxyHeader } from "../../src/http/proxy-header.ts";
import { headerV2 } from "../support/proxy-header.ts";

const text = (line: string) => Buffer.from(line, "latin1");

describe("readProxyHeader", () => {
  it.each([
    ["PROXY TCP4 203.0.113.7 10.0.0.1 56324 443\r\n", { address: "203.0.113.7" }],
    ["PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n", { address: "2001:db8::7" }],
    ["PROXY TCP6 ::ffff:203.0.113.7 ::1 1 2\r\n", { address: "203.0.113.7" }],
    ["PROXY UNKNOWN\r\n", "unknown"],
    ["PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n", "unknown"],
  ])("reads %j", (line, from) => {
    expect(readProxyHeader(text(`${line}GET / HTTP/1.1\r\n`))).toEqual({ length: line.length, from });
  });

  it.each([
    ["TCP over IPv4", headerV2({ from: "203.0.113.7" }), { address: "203.0.113.7" }],
    ["TCP over IPv6", headerV2({ from: "2001:db8::7" }), { address: "2001:db8::7" }],
    ["IPv4 in IPv6", headerV2({ from: "::ffff:203.0.113.7" }), { address: "203.0.113.7" }],
    ["facts behind the addresses", headerV2({ from: "203.0.113.7", facts: 300 }), { address: "203.0.113.7" }],
    ["a proxy that speaks for itself", headerV2({ command: 0x20 }), "proxy"],
    ["a proxy that speaks for itself, with addresses", headerV2({ command: 0x20, from: "203.0.113.7" }), "proxy"],
    ["a client of which nothing is told", headerV2({ family: 0x00 }), "unknown"],
    ["a client at a UNIX socket", headerV2({ family: 0x31, facts: 216 }), "unknown"],
  ])("reads version 2: %s", (_, header, from) => {
    const bytes = Buffer.concat([header, text("GET / HTTP/1.1\r\n")]);
    expect(readProxyHeader(bytes)).toEqual({ length: header.length, from });
    for (let end = 1; end < header.length; end++) expect(readProxyHeader(bytes.subarray(0, end))).toBe("more");
  });

  it.each([
    ["a request", text("GET / HTTP/1.1\r\n")],
    ["a TLS greeting", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00])],
    ["a name for an address", text("PROXY TCP4 localhost 10.0.0.1 1 2\r\n")],
    ["IPv6 as IPv4", text("PROXY TCP4 2001:db8::7 10.0.0.1 1 2\r\n")],
    ["a port too large", text("PROXY TCP4 203.0.113.7 10.0.0.1 1 65536\r\n")],
    ["a port too few", text("PROXY TCP4 203.0.113.7 10.0.0.1 1\r\n")],
    ["another word", text("PROXY UDP4 203.0.113.7 10.0.0.1 1 2\r\n")],
    ["a line without end", text(`PROXY TCP4 ${"1".repeat(200)}`)],
    ["a version of the future", headerV2({ command: 0x31, from: "203.0.113.7" })],
    ["a command of the future", headerV2({ command: 0x22, from: "203.0.113.7" })],
    ["a family of the future", headerV2({ family: 0x41, facts: 12 })],
    ["addresses that are cut off", headerV2({ family: 0x11, facts: 4 })],
    ["facts without measure", headerV2({ from: "203.0.113.7", facts: 5000 })],
  ])("refuses %s", (_, bytes) => expect(readProxyHeader(bytes)).toBe("bad"));

  it("never throws, and says the same of more bytes once it has said something", () => {
    const start = fc.constantFrom(text(""), text("PROXY "), headerV2({}).subarray(0, 12), headerV2({ family: 0x11 }));
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 30 }), (first, rest, more) => {
        const bytes = Buffer.concat([first, rest]);
        const said = readProxyHeader(bytes);
        if (said !== "more") expect(readProxyHeader(Buffer.concat([bytes, more]))).toEqual(said);
      }),
      { numRuns: 2000 },
    );
  });
});
