/**
 * `nearbucket keys`: access keys of accounts, made, listed, switched off and on, and revoked beside a running gateway.
 * A secret is shown once, when it is made, and never taken from the command line, where others could read it.
 */
import { type Command, Option } from "commander";
import { loadConfig } from "../config/load.ts";
import { type WhereOptions, withWhere } from "./administration.ts";
import { credentialsText } from "./credentials-file.ts";
import { describeKey, keyTable } from "./key-list.ts";
import { addNetwork, addPlace, expiry, type ScopeOptions, scopeOf } from "./key-options.ts";
import { accessKeyId, checkSecret, matching } from "./options.ts";
import { type ReachOptions, reach, withReach } from "./reach.ts";
import type { KeysGroup } from "./reached.ts";
import { rotateEncryption } from "./rotate-encryption.ts";
import type { Terminal } from "./terminal.ts";

interface CreateOptions extends ReachOptions, ScopeOptions {
  readonly account: string;
  readonly accessKey?: string;
  readonly secretKeyStdin?: true;
  readonly redirect?: "off" | "auto" | "always";
  readonly expires?: Date;
  readonly json?: true;
}

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command("keys").description("access keys");
  addCreate(keys, terminal);
  withReach(keys.command("list").description("list access keys; the root key is in the configuration, not here"))
    .option("--json", "as one JSON document")
    .action((options: ReachOptions & { readonly json?: true }) =>
      reach(options, terminal, async (reached) => {
        const [listed, now] = [await reached.keys.list(), new Date()];
        const documents = listed.map((key) => describeKey(key, now));
        terminal.print(options.json === true ? JSON.stringify(documents, undefined, 2) : keyTable(listed, now));
      }),
    );
  addChange(keys, terminal, "disable", "refuse an access key until it is enabled", (group, id) =>
    group.setDisabled(id, true),
  );
  addChange(keys, terminal, "enable", "accept a disabled access key again", (group, id) =>
    group.setDisabled(id, false),
  );
  addChange(keys, terminal, "revoke", "revoke an access key, at once and for good", (group, id) => group.revoke(id));
  withWhere(
    keys.command("rotate-encryption").description("seal all stored secrets anew, with a new encryption key"),
  ).action((options: WhereOptions) => rotateEncryption(options, terminal));
}

function addCreate(keys: Command, terminal: Terminal): void {
  withReach(keys.command("create").description("make an access key, and its account when it is new"))
    .requiredOption(
      "--account <name>",
      "whose key",
      matching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/, "up to 63 letters, digits and . _ @ -"),
    )
    .option("--access-key <id>", "default: a random one", accessKeyId)
    .option("--secret-key-stdin", "read the secret from standard input; default: a random one")
    .option("--read-only", "it may get and list, and change nothing")
    .option("--bucket <name[/prefix]>", "it reaches this bucket, or keys with this prefix in it; repeatable", addPlace)
    .option("--network <cidr>", "it is good from this network or address only; repeatable", addNetwork)
    .option(
      "--expires <when>",
      "it is good until then: a date, a time, or a duration such as 90m, 12h, 30d, 4w",
      (text: string) => expiry(text),
    )
    .addOption(new Option("--redirect <mode>", "a redirect mode of its own").choices(["off", "auto", "always"]))
    .option("--json", "as one JSON document; otherwise as a profile for an AWS credentials file")
    .action(async (options: CreateOptions) => {
      const { account, accessKey, redirect, expires, json } = options;
      const secretAccessKey = options.secretKeyStdin === true ? checkSecret(await terminal.readInput()) : undefined;
      const request = { account, accessKeyId: accessKey, secretAccessKey, scope: scopeOf(options) };
      const make = async (group: KeysGroup) => {
        const key = await group.create({ ...request, redirect, expiresAt: expires });
        const document = JSON.stringify({ account, ...key }, undefined, 2);
        terminal.print(json === true ? document : credentialsText(account, key).trimEnd());
      };
      // Makes the database too: keys can be ready before the gateway starts for the first time.
      await reach(options, terminal, (reached) => make(reached.keys), loadConfig);
    });
}

function addChange(
  keys: Command,
  terminal: Terminal,
  name: "disable" | "enable" | "revoke",
  description: string,
  change: (group: KeysGroup, accessKeyId: string) => Promise<void>,
): void {
  withReach(keys.command(name).description(description).argument("<access-key>")).action(
    (id: string, options: ReachOptions) =>
      reach(options, terminal, async (reached) => {
        await change(reached.keys, id);
        terminal.print(`${name}d ${id}`);
      }),
  );
}
