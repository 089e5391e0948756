/**
 * By which names the gateway is asked. A web page can have its own name lead to this machine (DNS rebinding): then a
 * browser here asks for the page's script, from here, and only the Host header tells.
 */
import { isIP } from "node:net";

/** Of the configuration: what names its listeners have. */
export interface HostNames {
  readonly listen: { readonly host: string };
  readonly admin: { readonly listen?: { readonly host: string } | undefined };
  readonly publicUrl?: string | undefined;
  readonly domains: readonly string[];
}

/**
 * Is the Host one that no page from elsewhere can have: an address, `localhost`, a name without a dot, as containers
 * have, or a name of the configuration? One that is absent comes from no browser.
 */
export function knownHosts({ listen, admin, publicUrl, domains }: HostNames): (host: string | undefined) => boolean {
  const known = new Set([listen.host, admin.listen?.host, publicUrl && new URL(publicUrl).hostname, ...domains]);
  return (host) => {
    if (host === undefined) return true;
    const name = host
      .toLowerCase()
      .replace(/:\d*$/, "")
      .replace(/^\[(.*)\]$/, "$1")
      .replace(/\.$/, "");
    return isIP(name) !== 0 || !name.includes(".") || name.endsWith(".localhost") || known.has(name);
  };
}
