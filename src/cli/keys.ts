/**
 * `nearbucket keys`: access keys of accounts, made, listed, switched off and on, and revoked beside a running gateway.
 * A secret is shown once, when it is made, and never taken from the command line, where others could read it.
 */
import { type Command, Option } from "commander";
import type { Administration } from "../administration.ts";
import { loadConfig } from "../config/load.ts";
import type { GatewayConfig } from "../config/schema.ts";
import { randomKey } from "../random-key.ts";
import { administer, type WhereOptions, withWhere } from "./administration.ts";
import { audit } from "./audit.ts";
import { credentialsText } from "./credentials-file.ts";
import { describeKey, keyTable } from "./key-list.ts";
import { addNetwork, addPlace, expiry, type ScopeOptions, scopeOf } from "./key-options.ts";
import { accessKeyId, checkSecret, matching } from "./options.ts";
import { rotateEncryption } from "./rotate-encryption.ts";
import type { Terminal } from "./terminal.ts";

interface CreateOptions extends WhereOptions, ScopeOptions {
  readonly account: string;
  readonly accessKey?: string;
  readonly secretKeyStdin?: true;
  readonly redirect?: "off" | "auto" | "always";
  readonly expires?: Date;
  readonly json?: true;
}

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command("keys").description("access keys, beside a running gateway");
  addCreate(keys, terminal);
  withWhere(keys.command("list").description("list access keys; the root key is in the configuration, not here"))
    .option("--json", "as one JSON document")
    .action((options: WhereOptions & { readonly json?: true }) =>
      administer(options, terminal, async ({ metadata }) => {
        const [listed, now] = [await metadata.accounts.listKeys(), new Date()];
        const documents = listed.map((key) => describeKey(key, now));
        terminal.print(options.json === true ? JSON.stringify(documents, undefined, 2) : keyTable(listed, now));
      }),
    );
  addChange(keys, terminal, "disable", "refuse an access key until it is enabled", ({ accounts }, id) =>
    accounts.setDisabled(id, true),
  );
  addChange(keys, terminal, "enable", "accept a disabled access key again", ({ accounts }, id) =>
    accounts.setDisabled(id, false),
  );
  addChange(keys, terminal, "revoke", "revoke an access key, at once and for good", ({ accounts }, id) =>
    accounts.revokeKey(id),
  );
  withWhere(
    keys.command("rotate-encryption").description("seal all stored secrets anew, with a new encryption key"),
  ).action((options: WhereOptions) => rotateEncryption(options, terminal));
}

function addCreate(keys: Command, terminal: Terminal): void {
  withWhere(keys.command("create").description("make an access key, and its account when it is new"))
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
      const made = randomKey();
      const key = {
        accessKeyId: options.accessKey ?? made.accessKeyId,
        secretAccessKey:
          options.secretKeyStdin === true ? checkSecret(await terminal.readInput()) : made.secretAccessKey,
      };
      const make = (administration: Administration, { rootKey }: GatewayConfig) => {
        // The configuration's root key takes precedence, so a stored key with its id would never be used.
        if (key.accessKeyId === rootKey.accessKeyId) throw new Error(`${key.accessKeyId} is the root key's own`);
        return create(key, options, administration, terminal);
      };
      // Makes the database too: keys can be ready before the gateway starts for the first time.
      await administer(options, terminal, make, loadConfig);
    });
}

async function create(
  key: ReturnType<typeof randomKey>,
  options: CreateOptions,
  { metadata, box }: Administration,
  terminal: Terminal,
): Promise<void> {
  const account = await metadata.accounts.ensure(options.account);
  const scope = scopeOf(options);
  await metadata.accounts.createKey({
    accessKeyId: key.accessKeyId,
    accountId: account.id,
    ...box.seal(key.secretAccessKey, key.accessKeyId),
    redirect: options.redirect,
    scope,
    expiresAt: options.expires,
  });
  audit(terminal, "keys create", {
    accessKeyId: key.accessKeyId,
    account: account.name,
    scope,
    expiresAt: options.expires,
  });
  terminal.print(
    options.json === true
      ? JSON.stringify({ account: account.name, ...key }, undefined, 2)
      : credentialsText(account.name, key).trimEnd(),
  );
}

function addChange(
  keys: Command,
  terminal: Terminal,
  name: "disable" | "enable" | "revoke",
  description: string,
  change: (metadata: Administration["metadata"], accessKeyId: string) => Promise<boolean>,
): void {
  withWhere(keys.command(name).description(description).argument("<access-key>")).action(
    (id: string, options: WhereOptions) =>
      administer(options, terminal, async ({ metadata }) => {
        if (!(await change(metadata, id))) throw new Error(`there is no access key ${id}`);
        audit(terminal, `keys ${name}`, { accessKeyId: id });
        terminal.print(`${name}d ${id}`);
      }),
  );
}
