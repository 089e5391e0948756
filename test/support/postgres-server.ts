/** A PostgreSQL server on 127.0.0.1 that a test may crash, with a new cluster in a temporary directory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neededProgram } from "./programs.ts";
import { run } from "./run.ts";
import { freePort } from "./server-process.ts";

export interface PostgresServer extends AsyncDisposable {
  /** `postgres://...` of an empty database. */
  readonly url: string;
  /** Restarts it in immediate mode, as after a crash. Resolves when it serves again. */
  crash(): Promise<void>;
}

/** Needs `initdb` and `pg_ctl`. Under root it runs as the user `postgres`. */
export async function startPostgresServer(): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-postgres-"));
  const isRoot = process.getuid?.() === 0;
  const call = (name: string, ...words: readonly string[]) => {
    const command = [neededProgram(name), ...words];
    const asOther = ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", ...command];
    return isRoot ? run("setpriv", asOther, { cwd: directory }) : run(command[0] ?? "", words, { cwd: directory });
  };
  if (isRoot) await run("chown", ["postgres:postgres", directory]);
  const data = join(directory, "data");
  const port = await freePort();
  const server = ["--silent", "--wait", `--pgdata=${data}`, `--log=${join(directory, "log")}`];
  const options = `--options=-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=`;
  await call("initdb", `--pgdata=${data}`, "--username=nearbucket", "--auth=trust", "--encoding=UTF8", "--no-sync");
  await call("pg_ctl", "start", ...server, options);
  return {
    url: `postgres://nearbucket@127.0.0.1:${port}/postgres`,
    crash: async () => {
      await call("pg_ctl", "restart", "--mode=immediate", ...server, options);
    },
    async [Symbol.asyncDispose]() {
      await call("pg_ctl", "stop", "--silent", "--mode=immediate", `--pgdata=${data}`);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
