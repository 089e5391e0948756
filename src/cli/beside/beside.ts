/** What commands beside the data of a gateway work with. */
import type { Administration } from "../../administration.ts";
import type { GatewayConfig } from "../../config/schema.ts";
import type { Terminal } from "../terminal.ts";

export interface Beside {
  readonly administration: Administration;
  readonly config: GatewayConfig;
  readonly terminal: Terminal;
  /** The configuration names the backends; a demo's are known to its gateway alone. */
  readonly knowsBackends: boolean;
  /** Where operators find the gateway, in place of what the configuration says. */
  readonly gatewayUrl: string | undefined;
}
