// A gateway that waits for another one's segment: only while its own changes are in none, and no longer than its client.
import { expect, it } from "vitest";
import { openWaiting } from "../../src/journal/waiting.ts";
import { openPlace } from "../support/content.ts";
import { onBothEngines } from "../support/engines.ts";
import { beginJournal, failingStore } from "../support/journal-scene.ts";

const NEVER = new AbortController().signal;

onBothEngines("who waits for the journal's writer", (store) => {
  const scene = async () => {
    const { metadata, clock, openAnother } = store();
    const [a, b] = [failingStore("a"), failingStore("b")] as const;
    const place = await openPlace(metadata);
    const { writer } = await beginJournal(metadata, { stores: [a, b], now: clock.now });
    const { journal } = await openAnother();
    return { place, writer, b, journal };
  };

  it("is answered at once where nothing waits, and otherwise after the segment, though it hears nothing", async () => {
    const { place, writer, b, journal } = await scene();
    const waiting = openWaiting(journal);
    await waiting.untilWritten(NEVER);
    await place.put("1", "1");
    let answered = 0;
    const all = Promise.all([1, 2, 3].map(() => waiting.untilWritten(NEVER).then(() => (answered += 1))));
    b.down = true;
    await expect(writer.write()).rejects.toThrow();
    await journal.oldestChange();
    waiting.look();
    expect(answered).toBe(0);
    b.down = false;
    await writer.write();
    await all;
  });

  it("is not answered by a look that began before its changes", async () => {
    const { place, writer, journal } = await scene();
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const late = {
      newestChange: () => journal.newestChange(),
      tell: () => undefined,
      async oldestChange() {
        const oldest = await journal.oldestChange();
        await held;
        return oldest;
      },
    };
    const waiting = openWaiting(late);
    await place.put("1", "1");
    const first = waiting.untilWritten(NEVER);
    await journal.newestChange();
    await writer.write();
    waiting.look();
    await place.put("2", "2");
    let isAnswered = false;
    const second = waiting.untilWritten(NEVER).then(() => {
      isAnswered = true;
    });
    await journal.newestChange();
    goOn();
    await first;
    expect(isAnswered).toBe(false);
    await writer.write();
    await second;
  });

  it("stops looking when its client has waited too long", async () => {
    const { place, journal } = await scene();
    let looks = 0;
    const counted = {
      newestChange: () => journal.newestChange(),
      tell: () => undefined,
      oldestChange() {
        looks += 1;
        return journal.oldestChange();
      },
    };
    const waiting = openWaiting(counted);
    await place.put("1", "1");
    const limit = new AbortController();
    void waiting.untilWritten(limit.signal);
    await expect.poll(() => looks).toBeGreaterThan(0);
    limit.abort();
    const before = looks;
    waiting.look();
    expect(looks).toBe(before);
  });
});
