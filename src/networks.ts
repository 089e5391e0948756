/** Whether text stands for a network of addresses. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * What is wrong with text that stands for a network: `10.0.0.0/8`, `2001:db8::/32`, or one address. Undefined: nothing.
 * A network of IPv4 addresses in IPv6 form would match nobody, because addresses are compared as IPv4.
 */
export function networkFault(text: string): string | undefined {
  const [address = "", bits, ...more] = text.split("/");
  const most = isIP(address) === 4 ? 32 : 128;
  const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  if (isIP(address) === 0 || !ipaddr.isValid(address) || !isPrefix || more.length > 0)
    return "expected a network such as 10.0.0.0/8, 2001:db8::/32 or a single address";
  const parsed = ipaddr.parse(address);
  const spare = Number(bits) - 96;
  if (!(parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() && spare >= 0)) return undefined;
  return `expected the IPv4 network ${parsed.toIPv4Address().toString()}/${spare} in place of ${text}`;
}
