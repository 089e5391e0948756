/** `nearbucket console`: a link that signs in to a gateway's console, once. */
import { type Command, InvalidArgumentError } from "commander";
import { origin } from "../config/values.ts";
import { type ReachOptions, reach, withReach } from "./reach.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends ReachOptions {
  readonly json?: true;
}

export function addConsole(program: Command, terminal: Terminal): void {
  withReach(program.command("console").description("print a link that signs in to a gateway's console once"))
    .option(
      "--gateway <url>",
      "where a browser reaches the gateway; default: where it listens, or --endpoint",
      readOrigin,
    )
    .option("--json", "as one JSON document")
    .action(({ gateway, json, ...options }: Options) =>
      reach(options, terminal, async (reached) => {
        const link = await reached.signIn(gateway);
        const said = `${link.url}\nIt signs in as the key ${link.accessKeyId}, once, within 15 minutes.`;
        terminal.print(json ? JSON.stringify(link, undefined, 2) : said);
      }),
    );
}

function readOrigin(text: string): string {
  const { data, error } = origin.safeParse(text);
  if (data === undefined) throw new InvalidArgumentError(error?.issues[0]?.message ?? "");
  return data;
}
