/**
 * What the gateways on one PostgreSQL tell each other: NOTIFY, heard on a connection of its own. One that is lost is
 * opened again; whoever listens learns that it was, and looks for itself meanwhile.
 */
import pg, { type ClientConfig } from "pg";
import { type Heard, type Listening, statement, TOLD } from "../engine.ts";

const CHANNEL = "nearbucket";
const RETRY_MS = 1_000;
/** A connection may end without a word. */
const CHECK_MS = 5_000;

export const notify = statement<{ told: string }>("postgres-notify", `SELECT pg_notify('${CHANNEL}', ?) AS told`);

export function listenTo(server: ClientConfig, heard: (what: Heard) => void): Listening {
  let client: pg.Client | undefined;
  let hears = false;
  let retry: NodeJS.Timeout | undefined;
  const drop = (lost: pg.Client) => {
    if (client !== lost) return;
    client = undefined;
    const heardUntilNow = hears;
    hears = false;
    void lost.end().catch(() => undefined);
    retry = setTimeout(connect, RETRY_MS).unref();
    if (heardUntilNow) heard("nothing more");
  };
  const connect = () => {
    const made = new pg.Client(server);
    client = made;
    made.on("error", () => drop(made));
    made.on("end", () => drop(made));
    made.on("notification", ({ payload }) => {
      const told = TOLD.find((what) => what === payload);
      if (told !== undefined) heard(told);
    });
    const listen = async () => {
      await made.connect();
      await made.query(`LISTEN ${CHANNEL}`);
      hears = client === made;
    };
    listen().catch(() => drop(made));
  };
  const check = () => {
    const checked = hears ? client : undefined;
    checked?.query({ text: "SELECT 1", query_timeout: CHECK_MS } as pg.QueryConfig).catch(() => drop(checked));
  };
  connect();
  const checking = setInterval(check, CHECK_MS).unref();
  return {
    hears: () => hears,
    async close() {
      clearTimeout(retry);
      clearInterval(checking);
      const last = client;
      client = undefined;
      await last?.end().catch(() => undefined);
    },
  };
}
