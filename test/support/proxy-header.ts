/** Headers of version 2 of the PROXY protocol, right ones and others. */
import ipaddr from "ipaddr.js";

export interface HeaderV2 {
  /** The client's address; absent: no addresses. */
  readonly from?: string;
  /** Default 0x21: version 2, PROXY. */
  readonly command?: number;
  /** Default: TCP, by the address. */
  readonly family?: number;
  /** So many bytes behind the addresses. */
  readonly facts?: number;
}

export function headerV2({ from, command = 0x21, family, facts = 0 }: HeaderV2): Buffer {
  const client = from === undefined ? [] : ipaddr.parse(from).toByteArray();
  const addresses = [...client, ...client, ...(from === undefined ? [] : [0xdc, 0x04, 0x01, 0xbb])];
  const length = addresses.length + facts;
  const kind = family ?? (client.length === 4 ? 0x11 : client.length === 16 ? 0x21 : 0);
  const fixed = Buffer.from([...Buffer.from("\r\n\r\n\0\r\nQUIT\n"), command, kind, length >> 8, length & 0xff]);
  return Buffer.concat([fixed, Buffer.from(addresses), Buffer.alloc(facts, 4)]);
}
