/** The named points between a change of the database and the segment of the journal that carries it. */
import { randomBytes } from "node:crypto";
import type { Match } from "../support/faulty-s3-script.ts";
import { held, onBoth, onFirst, onSecond, type Point, unheard } from "./reach.ts";
import type { Stage } from "./stage.ts";

export interface JournalPoint extends Pick<Point, "reach" | "late"> {
  /** Was the write done, as the database knows that outlived the end, and as the one that is restored does? */
  readonly restarted: boolean;
  readonly restored: boolean;
}

const SEGMENT: Match = { method: "PUT", key: /^journal\/.*\/segments\// };
const BLOB: Match = { method: "PUT", key: /^blobs\// };

const put = ({ recorder, key }: Stage) => recorder.put(key, randomBytes(5_000));
const remove = ({ recorder, key }: Stage) => recorder.remove(key);

/** The next transaction waits once these are answered. */
function transactionHangs(after: Match): Point["reach"] {
  return async (stage) => {
    await held(put, onBoth(after, { do: "hold-answer" }))(stage);
    await stage.lockDatabase();
    const answered = [stage.answered("first", after), stage.answered("second", after)];
    stage.release();
    await Promise.all(answered);
    await stage.roundTrips();
  };
}

export const journalPoints: Readonly<Record<string, JournalPoint>> = {
  "the commit hangs": { reach: transactionHangs(BLOB), restarted: false, restored: false },
  "the segment stands on neither store": {
    reach: held(put, onBoth(SEGMENT, { do: "hold" })),
    ...{ restarted: true, restored: false },
  },
  "the segment stands on the first store only": {
    reach: held(put, onFirst(SEGMENT)),
    ...{ restarted: true, restored: true },
  },
  "the segment stands on the second store only": {
    reach: held(put, onSecond(SEGMENT)),
    ...{ restarted: true, restored: true },
  },
  "the segment of a delete stands on the first store only": {
    reach: async (stage) => {
      await put(stage);
      await held(remove, onFirst(SEGMENT))(stage);
    },
    ...{ restarted: true, restored: true },
  },
  "the segment stands on both stores and neither has said so": {
    reach: held(put, onBoth(SEGMENT, { do: "hold-answer" })),
    ...{ restarted: true, restored: true },
  },
  "the segment reaches both stores after the end": {
    reach: held(put, onBoth(SEGMENT, { do: "hold" })),
    ...{ late: true, restarted: true, restored: true },
  },
  "the segment reaches the second store after the end": {
    reach: held(put, onFirst(SEGMENT)),
    ...{ late: true, restarted: true, restored: true },
  },
  "the settling of the segment hangs": { reach: transactionHangs(SEGMENT), restarted: true, restored: true },
  "the segment is settled and the writer does not hear of it": {
    reach: unheard(put, { method: "PUT" }),
    ...{ restarted: true, restored: true },
  },
};
