/** A client's cases as tests: all but the longest, on a stage of the file's own. */
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { describeWith } from "../support/programs.ts";
import { cases } from "./cases.ts";
import type { Client } from "./client.ts";
import { runClient } from "./run-client.ts";
import { openStage, type Stage } from "./stage.ts";

const LONGEST = "PUT of 100 MiB";

/** Where a client's bytes come from, by case. */
export interface Expected {
  readonly client: Client;
  /** On PATH. */
  readonly needs: readonly string[];
  /** The cases of reading that must come straight from the store; all others come through the gateway. */
  readonly fromStore: readonly string[];
  /** What it does when it is sent to a store and does not follow. */
  readonly refusesAlways?: true;
}

export function expectClients(title: string, all: readonly Expected[]): void {
  describeWith(["minio", ...all.flatMap(({ needs }) => needs)], title, () => {
    // Some of these programs take seconds to start on a busy machine.
    vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage();
    });
    afterAll(() => stage?.[Symbol.asyncDispose]());

    it.each(all.map((one) => [one.client.name, one] as const))(
      "%s",
      async (_, { client, fromStore, refusesAlways }) => {
        const read: string[] = [];
        for await (const outcome of runClient(
          client,
          stage,
          cases.filter(({ name }) => name !== LONGEST),
        )) {
          const wanted = refusesAlways && outcome.case === "GET, mode always" ? ["failed"] : ["right", "not offered"];
          expect(wanted, `${outcome.case}: ${outcome.why}`).toContain(outcome.verdict);
          if (outcome.from === "store") read.push(outcome.case);
        }
        expect(read).toEqual(fromStore);
      },
    );
  });
}
