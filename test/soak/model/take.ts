/** Takes one step in the gateways and in the model, and compares the answers. */
import { multipartEtag } from "../../../src/checksums/multipart-etag.ts";
import { ask, checkRefusal, type Outcome } from "./ask.ts";
import { goodStores } from "./invariants.ts";
import * as requests from "./requests.ts";
import { held, md5Of } from "./requests.ts";
import { readRows } from "./rows.ts";
import { settle } from "./settle.ts";
import { CONTENTS, type Request, type Step, type StepName } from "./steps.ts";
import { takeTrouble } from "./trouble.ts";
import { COPIES, DAY, type Held, type ModelUpload, nameOf, type Place, STORE_NAMES, type World } from "./world.ts";

const LEASE_MS = 30_000;
const UPLOAD_MAX_AGE_MS = 7 * DAY;

type Of<Name extends StepName> = Extract<Step, { readonly step: Name }>;

/** What was done; undefined: the model does not allow it now. */
export async function take(world: World, step: Step): Promise<string | undefined> {
  switch (step.step) {
    case "put":
      return takePut(world, step);
    case "copy":
      return takeCopy(world, step);
    case "delete":
      return takeDelete(world, step);
    case "upload":
      return takeUpload(world, step);
    case "jobs":
      await ask(world, step, ({ upkeep }) => upkeep.runDue());
      return step.step;
    case "reads from afar":
      return readFromAfar(world, step);
    case "time passes":
      world.clock.advance(step.ms);
      for (const gateway of world.gateways) await gateway.tick();
      return step.step;
    case "restart":
      if (step.isClosed) await world.gateways[step.gateway].close();
      else world.gateways[step.gateway].life.die();
      await world.reopen(step.gateway);
      return step.step;
    case "settle":
      await settle(world);
      return step.step;
    default:
      return (await takeTrouble(world, step)) ? step.step : undefined;
  }
}

async function takePut(world: World, step: Of<"put">): Promise<string | undefined> {
  const { place, mayClaim } = step;
  const bytes = CONTENTS[step.content] ?? Buffer.alloc(0);
  if (await wouldBeFooled(world, bytes.length)) return undefined;
  const etag = md5Of(bytes);
  const before = held(world, place);
  const condition = {
    none: {},
    absent: { ifNoneMatch: "*" },
    same: { ifMatch: before?.etag ?? etag },
    other: { ifMatch: "0".repeat(32) },
  }[step.condition] as { readonly ifMatch?: string; readonly ifNoneMatch?: "*" };
  const refusal = refusalOf(step.condition, before);
  const outcome = await ask(world, step, (gateway) =>
    requests.putObject(world, gateway, place, bytes, { condition, mayClaim }),
  );
  if (outcome.end === "refused") checkRefusal(world, step, outcome.code, refusal === undefined ? [] : [refusal]);
  if (isUnanswered(step, outcome)) await learn(world, place, refusal === undefined ? { bytes, etag } : before);
  if (outcome.end === "done") {
    if (refusal !== undefined) throw new Error(`written in spite of its condition, instead of ${refusal}`);
    if (outcome.value.etag !== etag) throw new Error(`ETag ${outcome.value.etag} instead of ${etag}`);
    world.objects.set(nameOf(place), { bytes, etag });
    await checkAcknowledged(world, step.gateway, place);
  }
  return step.step;
}

async function readFromAfar(world: World, { gateway, place, region }: Of<"reads from afar">) {
  const { metadata } = world.gateways[gateway];
  const { found } = await metadata.objects.find(requests.bucketOf(world, place).name, place.key);
  if (found === undefined) return undefined;
  const rule = { afterReads: 1, max: 1, ttlHours: 1 };
  await metadata.readDemand.record([{ blobId: found.blob.id, region, reads: 1, rule }]);
  return "reads from afar";
}

/** Nobody knows whether it took effect. */
function isUnanswered({ fault }: Request, outcome: Outcome<unknown>): boolean {
  const isLost = fault?.how === "loses the answer to a commit";
  return outcome.end === "cut" || (isLost && outcome.end === "refused" && outcome.code === "ServiceUnavailable");
}

/**
 * A write of known content believes what the stores say. Nobody needed this content when more of its copies than those
 * on one store became other bytes. No two contents have the same size.
 */
async function wouldBeFooled({ bad, look, stores }: World, size: number): Promise<boolean> {
  const spare = (await readRows(look)).blobs.filter((blob) => blob.refCount === 0 && blob.size === size);
  return spare.some(({ storageKey }) =>
    STORE_NAMES.some((name) => name !== bad?.store && stores[name].isSpoilt(storageKey)),
  );
}

/** An acknowledged write has all its copies, none of them where its gateway knew that the store is away or lost. */
async function checkAcknowledged(world: World, index: 0 | 1, place: Place): Promise<void> {
  const { bad } = world;
  const gateway = world.gateways[index];
  if (bad === undefined || gateway.fleet.get(bad.store)?.up) return;
  const { found } = await gateway.metadata.objects.find(requests.bucketOf(world, place).name, place.key);
  const blob = (await readRows(world.look)).blobs.find(({ id }) => id === found?.blob.id);
  const good = blob === undefined ? [] : await goodStores(world, blob);
  const safe = good.filter((store) => store !== bad.store);
  if (safe.length < COPIES) throw new Error(`acknowledged with good copies only on ${safe.join(" and ")}`);
}

function refusalOf(condition: Of<"put">["condition"], before: Held | undefined): string | undefined {
  if (condition === "none") return undefined;
  if (condition === "absent") return before && "PreconditionFailed";
  if (before === undefined) return "NoSuchKey";
  return condition === "other" ? "PreconditionFailed" : undefined;
}

async function takeCopy(world: World, step: Of<"copy">): Promise<string> {
  const source = held(world, step.from);
  const outcome = await ask(world, step, (gateway) => requests.copyObject(world, gateway, step.from, step.to));
  if (outcome.end === "refused") checkRefusal(world, step, outcome.code);
  if (isUnanswered(step, outcome)) await learn(world, step.to, source);
  if (outcome.end !== "done") return step.step;
  if (outcome.value?.etag !== source?.etag) throw new Error(`the source was ${outcome.value?.etag}`);
  if (source !== undefined) world.objects.set(nameOf(step.to), source);
  return step.step;
}

async function takeDelete(world: World, step: Of<"delete">): Promise<string> {
  const { place } = step;
  const { id } = requests.bucketOf(world, place);
  const outcome = await ask(world, step, ({ metadata }) => metadata.objects.delete(id, place.key));
  if (outcome.end === "refused") throw new Error(`a delete was refused with ${outcome.code}`);
  if (outcome.end === "cut") await learn(world, place, undefined);
  else world.objects.delete(nameOf(place));
  return step.step;
}

async function takeUpload(world: World, step: Of<"upload">): Promise<string> {
  const upload = world.uploads.get(step.slot);
  if (upload === undefined || (upload.completed !== undefined && step.next !== "complete")) return start(world, step);
  if (step.next === "part" || upload.parts.size === 0) return putPart(world, step, upload);
  return step.next === "complete" ? complete(world, step, upload) : abort(world, step, upload);
}

async function start(world: World, step: Of<"upload">): Promise<string> {
  const outcome = await ask(world, step, (gateway) => requests.createUpload(world, gateway, step.place));
  if (outcome.end === "refused") checkRefusal(world, step, outcome.code);
  if (outcome.end !== "done") return "upload not started";
  outcome.value.isDoubtful = world.bad !== undefined || world.draining !== undefined || step.fault !== undefined;
  world.uploads.set(step.slot, outcome.value);
  return "upload started";
}

async function putPart(world: World, step: Of<"upload">, upload: ModelUpload): Promise<string> {
  const bytes = halfOf(CONTENTS[step.content] ?? Buffer.alloc(0), step.part);
  const outcome = await ask(world, step, (gateway) => requests.putPart(gateway, upload, step.part, bytes));
  if (outcome.end === "done") {
    upload.parts.set(step.part, bytes);
    return "part put";
  }
  if (outcome.end === "refused") {
    if (outcome.code === "NoSuchUpload") return forgetStale(world, step.slot, upload);
    // Where a completion was cut off, the stores may know the upload no more; it can still be completed.
    checkRefusal(world, step, outcome.code, upload.isDoubtful ? ["ServiceUnavailable"] : []);
  }
  await learnPart(world, upload, step.part, bytes);
  return "part not put";
}

/** Two halves of one content make an object that is equal to it. */
function halfOf(bytes: Buffer, part: 1 | 2): Buffer {
  const middle = Math.ceil(bytes.length / 2);
  return part === 1 ? bytes.subarray(0, middle) : bytes.subarray(middle);
}

async function complete(world: World, step: Of<"upload">, upload: ModelUpload): Promise<string> {
  const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
  const made = { bytes: Buffer.concat(parts), etag: multipartEtag(parts.map(md5Of)) };
  const outcome = await ask(world, step, (gateway) => requests.completeUpload(world, gateway, upload));
  const now = world.clock.now().getTime();
  if (outcome.end === "done") {
    const expected = upload.completed?.etag ?? made.etag;
    if (outcome.value !== expected) throw new Error(`ETag ${outcome.value} instead of ${expected}`);
    if (upload.completed !== undefined) return "upload completed again";
    world.objects.set(nameOf(upload.place), made);
    upload.completed = { etag: made.etag, at: now };
    return "upload completed";
  }
  if (outcome.end === "refused") {
    if (outcome.code === "NoSuchUpload") return forgetStale(world, step.slot, upload);
    const isLeased = upload.leasedUntil > now;
    const allowed = [isLeased ? "OperationAborted" : "", upload.isDoubtful ? "ServiceUnavailable" : ""];
    checkRefusal(world, step, outcome.code, allowed);
  } else {
    upload.leasedUntil = now + LEASE_MS;
    await learn(world, upload.place, upload.completed === undefined ? made : held(world, upload.place));
  }
  upload.isDoubtful = true;
  return "upload not completed";
}

async function abort(world: World, step: Of<"upload">, upload: ModelUpload): Promise<string> {
  const { uploadId } = upload.upload;
  const outcome = await ask(world, step, ({ metadata }) => metadata.uploads.abort(uploadId));
  if (outcome.end === "refused") throw new Error(`an abort was refused with ${outcome.code}`);
  if (outcome.end === "done" && !outcome.value) return forgetStale(world, step.slot, upload);
  world.uploads.delete(step.slot);
  return "upload aborted";
}

/** An upload is ended after a week, and its result forgotten after a day. */
function forgetStale(world: World, slot: number, { upload, completed }: ModelUpload): string {
  const now = world.clock.now().getTime();
  const isStale =
    completed === undefined ? now - upload.startedAt.getTime() >= UPLOAD_MAX_AGE_MS : now - completed.at >= DAY;
  if (!isStale) throw new Error("NoSuchUpload, and it has neither ended nor been forgotten");
  world.uploads.delete(slot);
  return "upload over";
}

/** A write that got no answer was done completely or not at all: the model learns which. */
async function learn(world: World, place: Place, written: Held | undefined): Promise<void> {
  const { found } = await world.gateways[0].metadata.objects.find(requests.bucketOf(world, place).name, place.key);
  const before = held(world, place);
  const now = [before, written].find((one) => one?.etag === found?.object.etag);
  if (now?.etag !== found?.object.etag) throw new Error(`neither written nor left alone: ${found?.object.etag}`);
  if (now === undefined) world.objects.delete(nameOf(place));
  else world.objects.set(nameOf(place), now);
}

async function learnPart(world: World, upload: ModelUpload, partNumber: number, written: Buffer): Promise<void> {
  upload.isDoubtful = true;
  const { uploadId } = upload.upload;
  const recorded = await world.gateways[0].metadata.uploads.parts(uploadId, { after: 0, limit: 100 });
  const etag = recorded.find((part) => part.partNumber === partNumber)?.etag;
  const before = upload.parts.get(partNumber);
  const now = [before, written].find((one) => one && md5Of(one) === etag);
  if (etag !== undefined && now === undefined) throw new Error(`a part is neither written nor left alone: ${etag}`);
  if (now !== undefined) upload.parts.set(partNumber, now);
}
