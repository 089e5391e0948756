/** Which copy a client would get, and why: the question to delivery, for a client that may be another than who asks. */
import type { z } from "zod";
import { decide } from "../auth/access.ts";
import { explainQuery, explanation } from "../contract/explain.ts";
import { parseAddress } from "../delivery/client.ts";
import { S3Error } from "../errors.ts";
import type { AuthenticationKind, Coordinates, FoundObject, HeaderFields } from "../model.ts";
import { headersOf } from "../protocol/reply-headers.ts";
import { type ApiCall, type ApiCaller, apiOperation } from "./api-operation.ts";
import { badRequest } from "./problems.ts";
import { findReadable } from "./rights.ts";
import type { ApiServices } from "./services.ts";

type Query = z.output<typeof explainQuery>;

const AUTHENTICATION = {
  header: "header",
  query: "presigned",
  anonymous: "anonymous",
} as const satisfies Record<Query["authentication"], AuthenticationKind>;

/** What every client that signs in the header sends beside its signature: some stores refuse it on a redirect. */
const SIGNED: HeaderFields = { "x-amz-date": "", "x-amz-content-sha256": "" };

export const explainRead = apiOperation({
  method: "GET",
  path: "/explain",
  summary: "Which copy of an object a client would get, by which rule, and what else was considered",
  access: "caller",
  query: explainQuery,
  answer: explanation,
  async handle(call, services) {
    const { caller, client, query } = call;
    const pretended = readCoordinates(query);
    const clientAddress = readAddress(query.address) ?? client.address;
    const found = await findReadable(services, caller, query);
    if (query.authentication === "anonymous") checkPublic(found, services);
    const isNamed = query.authentication !== "anonymous";
    const explained = services.delivery.explain(
      {
        ...found,
        headers: headersFor(call),
        query: new URLSearchParams(),
        authentication: AUTHENTICATION[query.authentication],
        keyRedirect: isNamed ? caller.redirect : undefined,
        accessKeyId: isNamed ? caller.accessKeyId : undefined,
        until: isNamed ? caller.until : undefined,
        requestOrigin: client.origin,
        mayBeHttps: client.mayBeHttps,
        clientAddress,
        trustedPeer: false,
        bytes: found.object.size,
        plain: true,
        replyHeaders: headersOf(found.object, false),
      },
      pretended,
    );
    const { region, coordinates, source, country, family, replicas, ...rest } = explained;
    const demand = await services.metadata.readDemand.of(found.blob.id);
    const untilOf = (backend: string, at: string) => {
      const isReader = found.blob.replicas.some((one) => one.backend === backend && one.state === "reader");
      return isReader ? demand.get(at) : undefined;
    };
    return {
      client: { address: clientAddress, region, coordinates, source, country, family },
      replicas: replicas.map((one) => ({ ...one, readReplicaUntil: untilOf(one.backend, one.region) })),
      ...rest,
    };
  },
});

function headersFor({ query, headers }: ApiCall<Query, undefined, ApiCaller>): HeaderFields {
  const own = headers["x-amz-user-agent"] ?? headers["user-agent"];
  return { ...(query.authentication === "header" && SIGNED), "user-agent": query.userAgent ?? own };
}

function readAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address === undefined) throw badRequest("/address", "an IP address, such as 192.0.2.1");
  return address;
}

function readCoordinates({ latitude, longitude }: Query): Coordinates | undefined {
  if (latitude === undefined && longitude === undefined) return undefined;
  if (latitude !== undefined && longitude !== undefined) return { latitude, longitude };
  throw badRequest(latitude === undefined ? "/latitude" : "/longitude", "given together with the other, or not at all");
}

function checkPublic({ bucket, object }: FoundObject, { facts }: ApiServices): void {
  if (decide(facts.publicAccess, undefined, "s3:GetObject", bucket, object) === "allow") return;
  throw new S3Error("AccessDenied", { message: "Nobody can read this object without a signature" });
}
