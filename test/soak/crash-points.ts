/** The named points inside operations and jobs at which a gateway is killed. */
import { randomBytes } from "node:crypto";
import type { Match } from "../support/faulty-s3-script.ts";
import { type Act, at, held, onBoth, onFirst, onSecond, type Point, unheard } from "./reach.ts";
import type { Stage } from "./stage.ts";

const BLOB = /^blobs\//;
const PUT: Match = { method: "PUT", key: BLOB };
const GET: Match = { method: "GET", key: BLOB };
const DELETE: Match = { method: "DELETE", key: BLOB };
const START: Match = { method: "POST", key: BLOB, query: "uploads" };
const COMPLETE: Match = { method: "POST", key: BLOB, query: "uploadId" };

const small = () => randomBytes(5_000);
const large = () => randomBytes(1_500_000);
const PART = randomBytes(5 * 1024 ** 2);
const PARTS = [PART, randomBytes(1_000)];

/**
 * Starts the act and waits until its commit waits for the lock. `match`: the last requests to both stores before the
 * commit; the lock is taken while their answers are held.
 */
function commitHangs(act: Act, match?: Match, before: Act = async () => {}): Point["reach"] {
  return async (stage) => {
    await before(stage);
    if (match === undefined) {
      await stage.lockDatabase();
      stage.begin(act(stage));
    } else {
      await held(act, onBoth(match, { do: "hold-answer" }))(stage);
      await stage.lockDatabase();
      const answered = [stage.answered("first", match), stage.answered("second", match)];
      stage.release();
      await Promise.all(answered);
    }
    await stage.roundTrips();
  };
}

const putSmall: Act = ({ recorder, key }) => recorder.put(key, small());
const putLarge: Act = ({ recorder, key }) => recorder.put(key, large());
const remove: Act = ({ recorder, key }) => recorder.remove(key);
const upload: Act = ({ recorder, key }) => recorder.upload(key, PARTS);
const copy: Act = ({ recorder, key }) => recorder.copy(key, `${key}/copy`);

/** Starts an upload and sends its parts. */
async function partsSent({ recorder, key }: Stage): Promise<{ readonly uploadId: string; readonly etags: string[] }> {
  const uploadId = (await recorder.startUpload(key)) ?? "";
  const etags: string[] = [];
  for (const [index, part] of PARTS.entries())
    etags.push((await recorder.sendPart(key, uploadId, index + 1, part)) ?? "");
  return { uploadId, etags };
}

async function abort(stage: Stage): Promise<void> {
  const { uploadId } = await partsSent(stage);
  await stage.recorder.abort(stage.key, uploadId);
}

/** Deletes an object and makes its blob due for reclaim. */
async function removeAndHasten(stage: Stage): Promise<void> {
  await stage.recorder.put(stage.key, small());
  await stage.recorder.remove(stage.key);
  await stage.hasten();
}

const DIGESTED = `SELECT blobs.id FROM objects JOIN blobs ON blobs.id = objects.blob_id
  WHERE objects.key = ? AND blobs.digest IS NOT NULL`;

const DONE = { settles: [true] };
const UNDONE = { settles: [false] };
const NONE = { settles: [] };

export const points: Readonly<Record<string, Point>> = {
  "a body has arrived at both stores and stands on neither": {
    ...UNDONE,
    reach: held(putSmall, onBoth(PUT, { do: "hold" })),
  },
  "a body stands on the first store only": { ...UNDONE, reach: held(putSmall, onFirst(PUT)) },
  "a body stands on the second store only": { ...UNDONE, reach: held(putSmall, onSecond(PUT)) },
  "a body stands on both stores and neither has said so": {
    ...UNDONE,
    reach: held(putSmall, onBoth(PUT, { do: "hold-answer" })),
  },
  "a body reaches both stores after the end": {
    ...UNDONE,
    reach: held(putSmall, onBoth(PUT, { do: "hold" })),
    late: true,
  },
  "a stream is half sent": { ...UNDONE, reach: held(putLarge, onBoth(PUT, { do: "hold-body", after: 500_000 })) },
  "a stream stands on the first store only": { ...UNDONE, reach: held(putLarge, onFirst(PUT)) },
  "a stream reaches the second store after the end": { ...UNDONE, reach: held(putLarge, onFirst(PUT)), late: true },
  "the commit of an object hangs": { ...UNDONE, reach: commitHangs(putSmall, PUT) },
  "the commit of a streamed object hangs": { ...UNDONE, reach: commitHangs(putLarge, PUT) },
  "an object is committed and its writer does not hear of it": { ...DONE, reach: unheard(putSmall, { method: "PUT" }) },
  "the commit over an older object hangs": { ...UNDONE, reach: commitHangs(putSmall, PUT, putSmall) },
  "an older object is replaced and the writer does not hear of it": {
    ...DONE,
    reach: unheard(putSmall, { method: "PUT" }, putSmall),
  },
  "the commit of known content hangs": {
    ...UNDONE,
    reach: commitHangs(({ recorder, key }) => recorder.put(`${key}/again`, Buffer.from(key))),
  },
  "the commit of a copy hangs": { ...UNDONE, reach: commitHangs(copy, undefined, putSmall) },
  "a copy is committed and its writer does not hear of it": {
    ...DONE,
    reach: unheard(copy, { method: "PUT" }, putSmall),
  },
  "the commit of a delete hangs": { ...UNDONE, reach: commitHangs(remove, undefined, putSmall) },
  "a delete is committed and its client does not hear of it": {
    ...DONE,
    reach: unheard(remove, { method: "DELETE" }, putSmall),
  },
  "an upload is started on the first store only": { ...NONE, reach: held(upload, onFirst(START)) },
  "the record of an upload hangs": { ...NONE, reach: commitHangs(upload, START) },
  "a part stands on the first store only": { ...NONE, reach: held(upload, onFirst({ ...PUT, query: "partNumber" })) },
  "the record of a part hangs": {
    ...NONE,
    reach: async (stage) => {
      const uploadId = (await stage.recorder.startUpload(stage.key)) ?? "";
      await commitHangs(({ recorder, key }) => recorder.sendPart(key, uploadId, 1, small()), PUT)(stage);
    },
  },
  "an upload is completed on the first store only": { ...UNDONE, reach: held(upload, onFirst(COMPLETE)) },
  "an upload is completed on both stores after the end": {
    ...UNDONE,
    reach: held(upload, onBoth(COMPLETE, { do: "hold" })),
    late: true,
  },
  "the commit of an upload hangs": {
    ...UNDONE,
    reach: async (stage) => {
      const { uploadId, etags } = await partsSent(stage);
      await commitHangs(({ recorder, key }) => recorder.complete(key, uploadId, PARTS, etags), COMPLETE)(stage);
    },
  },
  "an upload is committed and its client does not hear of it": {
    ...DONE,
    reach: unheard(upload, { method: "POST", query: "uploadId" }),
  },
  "an upload is given up and its parts stand on both stores": {
    ...NONE,
    reach: held(abort, onBoth(DELETE, { do: "hold" })),
  },
  "an upload is given up on the first store only": { ...NONE, reach: held(abort, onFirst(DELETE)) },
  "bytes of a write that failed are dropped from the first store only": {
    ...UNDONE,
    reach: async (stage) => {
      void stage.hold(at("second", PUT, { do: "status", status: 503 }));
      await held(putSmall, onFirst(DELETE))(stage);
    },
  },
  "a blob is reclaimed and stands on both stores": {
    ...NONE,
    reach: held(removeAndHasten, onBoth(DELETE, { do: "hold" })),
  },
  "a blob is reclaimed on the first store only": { ...NONE, reach: held(removeAndHasten, onFirst(DELETE)) },
  "a blob is reclaimed on both stores after the end": {
    ...NONE,
    reach: held(removeAndHasten, onBoth(DELETE, { do: "hold" })),
    late: true,
  },
  "a blob in parts is read for its digest": {
    ...NONE,
    reach: async (stage) => {
      const reading = (["first", "second"] as const).map((place) => stage.hold(at(place, GET, { do: "hold-answer" })));
      await stage.recorder.upload(stage.key, PARTS);
      await Promise.race(reading);
    },
  },
  "the merge of equal blobs hangs": {
    ...NONE,
    reach: async (stage) => {
      const parts = [PART, Buffer.from(stage.key)];
      await stage.recorder.upload(stage.key, parts);
      await stage.until(DIGESTED, [stage.key]);
      const reading = (["first", "second"] as const).map((place) => stage.hold(at(place, GET, { do: "hold-answer" })));
      await stage.recorder.upload(`${stage.key}/equal`, parts);
      await Promise.race(reading);
      await stage.lockDatabase();
      const answered = Promise.race([stage.answered("first", GET), stage.answered("second", GET)]);
      stage.release();
      await answered;
      await stage.roundTrips();
    },
  },
  "a missing copy is half written": {
    ...NONE,
    reach: async (stage) => {
      await stage.restart({ minimumCopies: 1 });
      void stage.hold(at("second", PUT, { do: "status", status: 503 }));
      await putLarge(stage);
      stage.heal();
      const reached = stage.hold(at("second", PUT, { do: "hold-body", after: 500_000 }));
      await stage.hasten();
      await reached;
    },
  },
};
