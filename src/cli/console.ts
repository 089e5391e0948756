/** `nearbucket console`: a link that signs in to a running gateway's console as the root key, once. */
import { type Command, InvalidArgumentError } from "commander";
import { makeRootLink } from "../administration.ts";
import { origin } from "../config/values.ts";
import { administer, type WhereOptions, withWhere } from "./administration.ts";
import { nearUrl } from "./ask-gateway.ts";
import { audit } from "./audit.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends WhereOptions {
  readonly gateway?: string;
}

export function addConsole(program: Command, terminal: Terminal): void {
  withWhere(program.command("console").description("print a link that signs in to a gateway's console once"))
    .option("--gateway <url>", "where a browser reaches the gateway; default: where it listens", readOrigin)
    .action((options: Options) =>
      administer(options, terminal, async ({ metadata }, { console, listen, tls, rootKey: { accessKeyId } }) => {
        if (!console) throw new Error("its configuration says that it has no console: console: false");
        const url = options.gateway ?? nearUrl(listen, tls !== undefined);
        if (url === undefined) throw new Error("its port is chosen by the system: name its address with --gateway");
        const { path } = await makeRootLink(metadata, accessKeyId, new Date());
        audit(terminal, "console", { accessKeyId });
        terminal.print(`${url}${path}`);
        terminal.print("It signs in as the root key, once, within 15 minutes.");
      }),
    );
}

function readOrigin(text: string): string {
  const { data, error } = origin.safeParse(text);
  if (data === undefined) throw new InvalidArgumentError(error?.issues[0]?.message ?? "");
  return data;
}
