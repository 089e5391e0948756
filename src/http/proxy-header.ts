/**
 * The header of the PROXY protocol, versions 1 and 2, that a proxy in TCP mode sends before the client's own bytes
 * (haproxy.org/download/2.9/doc/proxy-protocol.txt). Pure; it reads each byte once.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/** more: the bytes are the beginning of a header; bad: they never become one. */
export type ProxyHeader =
  | "more"
  | "bad"
  | {
      /** Bytes of the header: the client's own follow. */
      readonly length: number;
      /** Who is at the other end of the proxy: an address; the proxy itself; or somebody of whom it tells nothing. */
      readonly from: { readonly address: string } | "proxy" | "unknown";
    };

/** With `PROXY ` and the line's end. */
const LONGEST_V1 = 107;
/** Behind the first 16 bytes: addresses, and facts (TLVs) of which nothing is used. */
const LONGEST_V2 = 4096;

const SIGNATURE_V1 = Buffer.from("PROXY ");
const SIGNATURE_V2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n");

/** What the first bytes of a connection say. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (begins(bytes, SIGNATURE_V2)) return bytes.length < 16 ? "more" : readV2(bytes);
  return begins(bytes, SIGNATURE_V1) ? readV1(bytes) : "bad";
}

function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.compare(signature, 0, length, 0, length) === 0;
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, LONGEST_V1).indexOf("\r\n");
  if (end < 0) return bytes.length < LONGEST_V1 ? "more" : "bad";
  const [, family = "", source = "", target = "", ...ports] = bytes.toString("latin1", 0, end).split(" ");
  const length = end + 2;
  if (family === "UNKNOWN") return { length, from: "unknown" };
  const version = family === "TCP4" ? 4 : family === "TCP6" ? 6 : undefined;
  const isRight = ports.length === 2 && ports.every((port) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535);
  if (version === undefined || isIP(source) !== version || isIP(target) !== version || !isRight) return "bad";
  return { length, from: { address: ipaddr.process(source).toString() } };
}

const [LOCAL, PROXY] = [0x20, 0x21];
/** The upper half of a byte: which kind of addresses follow, and how many bytes the client's has of how many. */
const FAMILIES: ReadonlyMap<number, { readonly address: number; readonly all: number }> = new Map([
  [1, { address: 4, all: 12 }],
  [2, { address: 16, all: 36 }],
]);

function readV2(bytes: Buffer): ProxyHeader {
  const [command, family] = [bytes[12], (bytes[13] ?? 0) >> 4];
  const rest = bytes.readUInt16BE(14);
  if ((command !== LOCAL && command !== PROXY) || family > 3 || rest > LONGEST_V2) return "bad";
  const length = 16 + rest;
  const known = command === PROXY ? FAMILIES.get(family) : undefined;
  if (known !== undefined && rest < known.all) return "bad";
  if (bytes.length < length) return "more";
  if (command === LOCAL) return { length, from: "proxy" };
  if (known === undefined) return { length, from: "unknown" };
  const address = ipaddr.fromByteArray([...bytes.subarray(16, 16 + known.address)]).toString();
  return { length, from: { address: ipaddr.process(address).toString() } };
}
