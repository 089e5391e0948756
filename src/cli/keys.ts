/**
 * `nearbucket keys`: access keys of accounts, made, listed and revoked beside a running gateway. A secret is shown
 * once, when it is made.
 */
import { type Command, Option } from "commander";
import type { Administration } from "../gateway.ts";
import { administer, type WhereOptions, withWhere } from "./administration.ts";
import { credentialsText, randomKey } from "./credentials-file.ts";
import { accessKeyId, matching, secretAccessKey } from "./options.ts";
import type { Terminal } from "./terminal.ts";

interface CreateOptions extends WhereOptions {
  readonly account: string;
  readonly accessKey?: string;
  readonly secretKey?: string;
  readonly redirect?: "off" | "auto" | "always";
  readonly json?: true;
}

export function addKeys(program: Command, terminal: Terminal): void {
  const keys = program.command("keys").description("access keys, beside a running gateway");
  withWhere(keys.command("create").description("make an access key, and its account when it is new"))
    .requiredOption(
      "--account <name>",
      "whose key",
      matching(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/, "up to 63 letters, digits and . _ @ -"),
    )
    .option("--access-key <id>", "default: a random one", accessKeyId)
    .option("--secret-key <secret>", "default: a random one", secretAccessKey)
    .addOption(new Option("--redirect <mode>", "a redirect mode of its own").choices(["off", "auto", "always"]))
    .option("--json", "as one JSON document; otherwise as a profile for an AWS credentials file")
    .action((options: CreateOptions) =>
      administer(options, terminal, (administration) => create(options, administration, terminal)),
    );
  withWhere(keys.command("list").description("list access keys; the root key is in the configuration, not here"))
    .option("--json", "as one JSON document")
    .action((options: WhereOptions & { readonly json?: true }) =>
      administer(options, terminal, async ({ metadata }) => {
        const rows = (await metadata.accounts.listKeys()).map((key) => ({
          accessKeyId: key.accessKeyId,
          account: key.account.name,
          createdAt: key.createdAt.toISOString(),
          ...(key.redirect === undefined ? {} : { redirect: key.redirect }),
        }));
        if (options.json === true) terminal.print(JSON.stringify(rows, undefined, 2));
        else for (const row of rows) terminal.print(Object.values(row).join("  "));
      }),
    );
  withWhere(keys.command("revoke").description("revoke an access key, at once").argument("<access-key>")).action(
    (id: string, options: WhereOptions) =>
      administer(options, terminal, async ({ metadata }) => {
        if (!(await metadata.accounts.revokeKey(id))) throw new Error(`there is no access key ${id}`);
        terminal.print(`revoked ${id}`);
      }),
  );
}

async function create(options: CreateOptions, { metadata, seal }: Administration, terminal: Terminal): Promise<void> {
  if ((options.accessKey === undefined) !== (options.secretKey === undefined))
    throw new Error("give --access-key and --secret-key together, or neither");
  const made = randomKey();
  const key = {
    accessKeyId: options.accessKey ?? made.accessKeyId,
    secretAccessKey: options.secretKey ?? made.secretAccessKey,
  };
  const account = await metadata.accounts.ensure(options.account);
  await metadata.accounts.createKey({
    accessKeyId: key.accessKeyId,
    accountId: account.id,
    sealedSecret: seal(key.secretAccessKey),
    redirect: options.redirect,
  });
  terminal.print(
    options.json === true
      ? JSON.stringify({ account: account.name, ...key }, undefined, 2)
      : credentialsText(account.name, key).trimEnd(),
  );
}
