/** `nearbucket accounts`: who owns buckets and access keys, by a running gateway. */
import type { Command } from "commander";
import { account } from "../contract/keys.ts";
import { columns } from "./columns.ts";
import { count } from "./layout.ts";
import { type ReachOptions, reachApi, withReach } from "./reach.ts";
import { allPages } from "./remote/pages.ts";
import type { Terminal } from "./terminal.ts";

interface Options extends ReachOptions {
  readonly json?: true;
}

export function addAccounts(program: Command, terminal: Terminal): void {
  const accounts = program.command("accounts").description("who owns buckets and access keys");
  withReach(accounts.command("list").description("list accounts, with how many keys and buckets each has"))
    .option("--json", "as one JSON document")
    .action(async ({ json, ...options }: Options) => {
      const all = await allPages(await reachApi(options, terminal), "/accounts", account);
      const rows = all.map(({ name, keys, buckets }) => [name, count(keys), count(buckets)]);
      const table = columns([["ACCOUNT", "KEYS", "BUCKETS"], ...rows], ["KEYS", "BUCKETS"]);
      terminal.print(json ? JSON.stringify(all, undefined, 2) : table);
    });
  withReach(accounts.command("create").description("make an account, without keys").argument("<name>")).action(
    async (name: string, options: ReachOptions) => {
      await (await reachApi(options, terminal)).call("POST", "/accounts", account, { body: { name } });
      terminal.print(`${name} is an account now: nearbucket keys create --account ${name} makes it a key`);
    },
  );
}
