/** Links to objects: presigned GETs of this gateway. Nothing in one is secret but its signature. */
import { link, newLink } from "../contract/objects.ts";
import { ALGORITHM, amzDate, encodeComponent, encodePath, scopeOf, sign, UNSIGNED_PAYLOAD } from "../signature-v4.ts";
import { apiOperation } from "./api-operation.ts";
import { contentDisposition } from "./content-disposition.ts";
import { ApiError } from "./problems.ts";
import { findReadable } from "./rights.ts";

export const createLink = apiOperation({
  method: "POST",
  path: "/links",
  summary: "A link by which anyone can read an object for a time; it outlives the session that made it",
  access: "caller",
  body: newLink,
  answer: link,
  async handle({ caller, headers, body }, services) {
    const { bucket, object } = await findReadable(services, caller, body);
    const timestamp = amzDate(services.now());
    const from = Math.floor(services.now().getTime() / 1000);
    const key = await services.signingKeyOf(caller, services.now());
    const left =
      key.expiresAt === undefined ? Number.POSITIVE_INFINITY : Math.floor(key.expiresAt.getTime() / 1000) - from;
    const seconds = Math.min(body.expiresSeconds, left);
    if (seconds < 1) throw new ApiError("NotAllowed", "The access key ends within a second");
    const scope = scopeOf(timestamp, services.facts.region);
    const path = encodePath(`/${bucket.name}/${object.key}`);
    // In canonical order already: capitals come first.
    let query =
      `X-Amz-Algorithm=${ALGORITHM}&X-Amz-Credential=${encodeComponent(`${key.accessKeyId}/${scope}`)}` +
      `&X-Amz-Date=${timestamp}&X-Amz-Expires=${seconds}&X-Amz-SignedHeaders=host`;
    if (body.filename !== undefined)
      query += `&response-content-disposition=${encodeComponent(contentDisposition(body.filename))}`;
    const signature = sign(key.secretAccessKey, timestamp, scope, {
      ...{ method: "GET", path, query, payload: UNSIGNED_PAYLOAD },
      // As it reaches the gateway on the way that the caller came.
      headers: [["host", headers["host"] ?? ""]],
    });
    return { path: `${path}?${query}&X-Amz-Signature=${signature}`, expiresAt: new Date((from + seconds) * 1000) };
  },
});
