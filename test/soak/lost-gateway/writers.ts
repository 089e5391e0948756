/** Writers that change everything that S3 and the API let them, each its own things, until the gateway dies. */
import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  PutBucketAclCommand,
  PutBucketCorsCommand,
  PutBucketTaggingCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  PutPublicAccessBlockCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { GatewayProcess } from "../../support/gateway-process.ts";
import type { Chance } from "../chance.ts";
import { Bucket, type Draft, describedBy, draftOf, grantsOf, type People, stateOf, tagsOf } from "./objects.ts";
import { callApi, keyState, partsState, type Secret } from "./settings.ts";
import { ABSENT, type Timeline } from "./timeline.ts";

interface OpenUpload {
  readonly Key: string;
  readonly UploadId: string;
  readonly draft: Draft;
}

export interface Scene {
  readonly gateway: GatewayProcess;
  readonly timeline: Timeline;
  readonly chance: Chance;
  readonly people: People;
  /** Of every key that was made. */
  readonly secrets: Secret[];
  /** All that were begun. */
  readonly uploads: OpenUpload[];
}

const WRITERS = 4;
const KEYS = 12;
const BUCKETS = 4;

/** `isOver` is asked between two changes. Resolves when none is under way. */
export async function writeUntil(scene: Scene, isOver: () => boolean): Promise<void> {
  const repeat = async (step: () => Promise<unknown>) => {
    while (!isOver()) await step();
  };
  const writers = Array.from({ length: WRITERS }, (_, writer) => repeat(() => changeObject(scene, `${writer}`)));
  await Promise.all([...writers, repeat(() => changeSetting(scene))]);
}

/** False: nobody knows whether it was done. Throws what was refused. */
async function isAnswered(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
    const status = $metadata?.httpStatusCode ?? 0;
    if (status >= 400 && status < 500) throw error;
    return false;
  }
}

async function changeObject(scene: Scene, writer: string): Promise<void> {
  const { gateway, timeline, chance, people } = scene;
  const { s3 } = gateway;
  const Key = `${writer}/${chance.below(KEYS)}`;
  const thing = `object ${Key}`;
  const at = { Bucket, Key };
  const write = (state: string, send: () => Promise<unknown>) =>
    timeline.write({ [thing]: state }, () => isAnswered(send()));
  const now = timeline.stateOf(thing);
  const draw = chance.next();
  if (draw < 0.15) await write(ABSENT, () => s3.send(new DeleteObjectCommand(at)));
  else if (draw < 0.3) await changeUpload(scene, Key);
  else if (draw < 0.6 || now === undefined || now === ABSENT) {
    const { body, input, described } = draftOf(chance, people);
    await write(stateOf(described), () => s3.send(new PutObjectCommand({ ...at, Body: body, ...input })));
  } else if (draw < 0.75) {
    const tags = tagsOf(chance);
    const TagSet = tags.map((tag) => tag.split("=")).map(([name = "", Value = ""]) => ({ Key: name, Value }));
    const command = new PutObjectTaggingCommand({ ...at, Tagging: { TagSet } });
    await write(stateOf({ ...describedBy(now), tags }), () => s3.send(command));
  } else if (draw < 0.9) {
    const { words, grants } = grantsOf(chance, people);
    await write(stateOf({ ...describedBy(now), grants }), () => s3.send(new PutObjectAclCommand({ ...at, ...words })));
  } else await copyObject(scene, Key, describedBy(now));
}

async function copyObject({ gateway, timeline, people }: Scene, Key: string, from: ReturnType<typeof describedBy>) {
  const { StorageClass: _, ...headers } = from.headers;
  const copied = stateOf({ ...from, headers, grants: [`${people.owner} FULL_CONTROL`] });
  const command = new CopyObjectCommand({ Bucket, Key: `${Key}/copy`, CopySource: `${Bucket}/${Key}` });
  await timeline.write({ [`object ${Key}/copy`]: copied }, () => isAnswered(gateway.s3.send(command)));
}

/** Begins one, sends its only part, again, gives it up or completes it: whatever is due. */
async function changeUpload({ gateway, timeline, chance, people, uploads }: Scene, Key: string): Promise<void> {
  const { s3 } = gateway;
  const open = uploads.findLast((one) => one.Key === Key);
  const thing = `upload ${open?.UploadId} ${Key}`;
  const now = open && timeline.stateOf(thing);
  if (open === undefined || now === undefined || now === ABSENT) {
    const draft = draftOf(chance, people);
    const { ChecksumAlgorithm: _, ...input } = draft.input;
    const begunAt = performance.now();
    const begun = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...input })).catch(() => undefined);
    const { UploadId } = begun ?? {};
    if (UploadId === undefined) return;
    uploads.push({ Key, UploadId, draft });
    await timeline.write({ [`upload ${UploadId} ${Key}`]: partsState([]) }, async () => true, begunAt);
    return;
  }
  const { UploadId, draft } = open;
  const at = { Bucket, Key, UploadId };
  const md5 = createHash("md5").update(draft.body).digest();
  const part = { PartNumber: 1, ETag: `"${md5.toString("hex")}"` };
  if (now === partsState([])) {
    const command = new UploadPartCommand({ ...at, PartNumber: 1, Body: draft.body });
    await timeline.write({ [thing]: partsState([part]) }, () => isAnswered(s3.send(command)));
    return;
  }
  const { described } = draft;
  const { ChecksumSHA256: _, ...headers } = described.headers;
  const ETag = `"${createHash("md5").update(md5).digest("hex")}-1"`;
  const object = stateOf({ ...described, headers: { ...headers, ETag } });
  const command = new CompleteMultipartUploadCommand({ ...at, MultipartUpload: { Parts: [part] } });
  await timeline.write({ [thing]: ABSENT, [`object ${Key}`]: object }, () => isAnswered(s3.send(command)));
}

async function changeSetting(scene: Scene): Promise<void> {
  const { gateway, timeline, chance } = scene;
  const { s3 } = gateway;
  const write = (thing: string, state: string, send: () => Promise<unknown>) =>
    timeline.write({ [thing]: state }, () => isAnswered(send()));
  const value = `${chance.below(1000)}`;
  const draw = chance.below(6);
  if (draw === 0) {
    const Tagging = { TagSet: [{ Key: "value", Value: value }] };
    await write("bucket tags", `value=${value}`, () => s3.send(new PutBucketTaggingCommand({ Bucket, Tagging })));
  } else if (draw === 1) {
    const AllowedOrigins = [`https://${value}.example`];
    const CORSConfiguration = { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins }] };
    await write("bucket cors", JSON.stringify(AllowedOrigins), () =>
      s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration })),
    );
  } else if (draw === 2) {
    const flags = { BlockPublicAcls: false, IgnorePublicAcls: chance.next() < 0.5 };
    const PublicAccessBlockConfiguration = { ...flags, BlockPublicPolicy: false, RestrictPublicBuckets: false };
    await write("bucket access block", JSON.stringify(PublicAccessBlockConfiguration), () =>
      s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration })),
    );
  } else if (draw === 3) {
    const { words, grants } = grantsOf(chance, scene.people);
    await write("bucket grants", grants.join(), () => s3.send(new PutBucketAclCommand({ Bucket, ...words })));
  } else if (draw === 4) {
    const name = `further-${chance.below(BUCKETS)}`;
    const isThere = timeline.stateOf(`bucket ${name}`);
    if (isThere === undefined) return;
    const at = { Bucket: name };
    if (isThere === ABSENT) await write(`bucket ${name}`, "there", () => s3.send(new CreateBucketCommand(at)));
    else await write(`bucket ${name}`, ABSENT, () => s3.send(new DeleteBucketCommand(at)));
  } else await changeKey(scene);
}

async function changeKey({ gateway, timeline, chance, secrets }: Scene): Promise<void> {
  const chosen = secrets.length === 0 || chance.next() < 0.4 ? undefined : chance.pick(secrets);
  if (chosen === undefined) {
    const begunAt = performance.now();
    const made = await callApi(gateway, "POST", "/keys", {
      ...(chance.next() < 0.5 && { scope: { networks: ["127.0.0.0/8"] } }),
      ...(chance.next() < 0.3 && { redirect: "off" }),
      ...(chance.next() < 0.3 && { expiresAt: new Date(Date.now() + 86_400_000).toISOString() }),
    });
    if (made === undefined) return;
    const { accessKeyId, secretAccessKey } = made.document;
    secrets.push({ accessKeyId, secretAccessKey });
    await timeline.write({ [`key ${accessKeyId}`]: keyState(made.document) }, async () => true, begunAt);
    return;
  }
  const thing = `key ${chosen.accessKeyId}`;
  const now = timeline.stateOf(thing);
  if (now === undefined || now === ABSENT) return;
  const path = `/keys/${chosen.accessKeyId}`;
  const [account, wasDisabled, scope, redirect, expiresAt] = JSON.parse(now);
  const disabled = !wasDisabled;
  const isRevoked = chance.next() < 0.3;
  const state = isRevoked ? ABSENT : keyState({ account, disabled, scope, redirect, expiresAt });
  const change = isRevoked
    ? () => callApi(gateway, "DELETE", path)
    : () => callApi(gateway, "PATCH", path, { disabled });
  await timeline.write({ [thing]: state }, async () => (await change()) !== undefined);
}
