/** The browser's own fetch, with presigned URLs that the page is given: `presign` stands outside of it. */
import { read, save, serve } from "./command.mjs";

const PART = 4 * 1024 * 1024;

async function ask(method, key, init = {}, query = {}) {
  const reply = await fetch(await presign(method, key, query), { method, ...init });
  if (!reply.ok) throw new Error(`${reply.status}: ${await reply.text()}`);
  return reply;
}

function told({ headers }) {
  const own = [...headers].filter(([name]) => name.startsWith("x-amz-meta-"));
  return {
    size: Number(headers.get("content-length")),
    etag: headers.get("etag")?.replaceAll('"', "") ?? null,
    modified: headers.get("last-modified"),
    type: headers.get("content-type"),
    metadata: Object.fromEntries(own.map(([name, value]) => [name.slice("x-amz-meta-".length), value])),
  };
}

async function range(key, first, last, etag) {
  const headers = { Range: `bytes=${first}-${last}`, ...(etag ? { "If-Match": `"${etag}"` } : {}) };
  return (await ask("GET", key, { headers })).blob();
}

async function keys(prefix) {
  const found = [];
  let more = {};
  do {
    const page = await (await ask("GET", "", {}, { "list-type": "2", prefix, ...more })).text();
    const texts = (name) =>
      [...new DOMParser().parseFromString(page, "text/xml").getElementsByTagName(name)].map((one) => one.textContent);
    found.push(...texts("Key"));
    more = Object.fromEntries(texts("NextContinuationToken").map((token) => ["continuation-token", token]));
  } while ("continuation-token" in more);
  return found;
}

const S3 = "speaks no S3";
const PRESIGNS = "presigns nothing";
serve({
  put: async (_, key, file) => void (await ask("PUT", key, { body: await read(file) })),
  "put-parts": S3,
  get: async (_, key, file) => {
    const reply = await ask("GET", key);
    await save(file, await reply.blob());
    return told(reply);
  },
  "get-parts": async (_, key, file) => {
    const { size, etag } = told(await ask("HEAD", key));
    const firsts = Array.from({ length: Math.ceil(size / PART) }, (_, n) => n * PART);
    await save(file, new Blob(await Promise.all(firsts.map((first) => range(key, first, first + PART - 1, etag)))));
  },
  head: async (_, key) => told(await ask("HEAD", key)),
  range: async (_, key, file, first, last, etag) => save(file, await range(key, first, last, etag)),
  list: (_, prefix) => keys(prefix),
  copy: S3,
  delete: async (_, key) => void (await ask("DELETE", key)),
  "delete-all": async (_, prefix) => {
    for (const key of await keys(prefix)) await ask("DELETE", key);
  },
  "presign-get": PRESIGNS,
  "presign-put": PRESIGNS,
});
