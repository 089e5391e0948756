/** What backends hold and the database does not know, and the word to delete it. */
import { confirmOrphans, reportOrphans } from "../admin/orphans.ts";
import { orphans, orphansConfirmed, orphansOf, orphansQuery } from "../contract/backends.ts";
import { apiOperation } from "./api-operation.ts";
import { pageOfRows, readCursor } from "./paging.ts";
import { orRefuse } from "./refused.ts";

export const listOrphans = apiOperation({
  method: "GET",
  path: "/orphans",
  summary: "What a backend holds and the database does not know",
  access: "operator",
  query: orphansQuery,
  answer: orphans,
  async handle({ query: { backend, cursor, limit } }, { metadata }) {
    const list = `orphans/${backend}`;
    const page = { limit: limit + 1, after: readCursor(list, cursor) };
    const { orphans: rows, isHeld: held, ...report } = await orRefuse(() => reportOrphans(metadata, backend, page));
    const items = pageOfRows(
      list,
      rows,
      limit,
      ({ storageKey }) => storageKey,
      ({ storageKey: key, size: bytes, foundAt, isConfirmed: confirmed }) => {
        return { backend, key, bytes, foundAt, confirmed };
      },
    );
    return { ...report, held, ...items };
  },
});

export const confirmOrphansOf = apiOperation({
  method: "POST",
  path: "/orphans/confirm",
  summary: "Have those deleted that were found on a backend so far, when each has been there for the grace",
  access: "operator",
  body: orphansOf,
  answer: orphansConfirmed,
  async handle({ body: { backend }, note }, { metadata }) {
    const done = { backend, confirmed: await orRefuse(() => confirmOrphans(metadata, backend)) };
    note(done);
    return done;
  },
});
