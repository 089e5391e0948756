// A journal may have more files than a call takes arguments.
import { expect, it } from "vitest";
import { segmentName } from "../../src/journal/names.ts";
import { replay } from "../../src/journal/replay.ts";
import { surveyJournals } from "../../src/journal/survey.ts";
import { tend } from "../../src/journal/tend.ts";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { beginJournal, failingStore, KEYS, stage } from "../support/journal-scene.ts";

const MANY = 150_000;

onBothEngines("a journal of very many segments", (store) => {
  it("is kept in order and replayed", async () => {
    const { metadata, clock } = store();
    const a = failingStore("a");
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores: [a, failingStore("b")], now: clock.now });
    await place.put("1", "1");
    await writer.write();
    const full = {
      ...a,
      async *list(prefix: string) {
        yield* a.list(prefix);
        for (let number = 1_000; number < 1_000 + MANY; number++)
          yield { name: segmentName("line", { number, epoch: 3 }), size: 1, modifiedAt: clock.now() };
      },
    };
    const tended = await tend({ journal: "line", stores: [full], keys: KEYS, keepSince: clock.now() });
    expect(tended).toMatchObject({ copied: 0, deleted: 0 });
    expect(tended.bytes).toBeGreaterThan(MANY);
    await using staging = await stage();
    const found = (await surveyJournals([full])).get("line");
    if (found === undefined) throw new Error("no journal");
    expect(await replay({ found, keys: KEYS, target: staging })).toMatchObject({ number: 1, epoch: 3, unused: MANY });
  });
});
