// ListMultipartUploads: the uploads that are neither completed nor aborted.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startUpload } from "../support/multipart.ts";
import { type OpenBucket, openBucket, texts } from "../support/open-bucket.ts";

let on: OpenBucket;
const ids: string[] = [];
beforeAll(async () => {
  on = await openBucket();
  for (const key of ["a/1", "a/2", "b", "b", "%C3%BC"]) ids.push(await startUpload(on, key));
});
afterAll(() => on[Symbol.asyncDispose]());

const list = (query: Readonly<Record<string, string>> = {}) => on.call("GET", "", { query: { uploads: "", ...query } });

describe("ListMultipartUploads", () => {
  it("lists them by key, then by start", async () => {
    const answer = await list();
    expect([texts(answer, "Key"), texts(answer, "UploadId")]).toEqual([["a/1", "a/2", "b", "b", "ü"], ids]);
    expect([texts(answer, "IsTruncated"), texts(answer, "Initiated").length]).toEqual([["false"], 5]);
  });

  it("filters by prefix and rolls up by delimiter", async () => {
    expect(texts(await list({ prefix: "a/" }), "Key")).toEqual(["a/1", "a/2"]);
    const rolled = await list({ delimiter: "/" });
    expect([
      texts(rolled, "Key"),
      rolled.text.includes("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"),
    ]).toEqual([["b", "b", "ü"], true]);
    expect(texts(await list({ "encoding-type": "url" }), "Key").at(-1)).toBe("%C3%BC");
  });

  it("continues page by page, within a key too", async () => {
    const seen: string[] = [];
    let markers: Readonly<Record<string, string>> = {};
    for (let page = 0; page < 9; page += 1) {
      const answer = await list({ "max-uploads": "1", ...markers });
      seen.push(...texts(answer, "UploadId"));
      if (texts(answer, "IsTruncated")[0] !== "true") break;
      markers = {
        "key-marker": texts(answer, "NextKeyMarker")[0] ?? "",
        "upload-id-marker": texts(answer, "NextUploadIdMarker")[0] ?? "",
      };
    }
    expect(seen).toEqual(ids);
  });

  it("skips a key whole when only the key is named", async () => {
    expect(texts(await list({ "key-marker": "b" }), "Key")).toEqual(["ü"]);
  });

  it("refuses a limit that is not a number", async () => {
    expect(await list({ "max-uploads": "x" })).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect(texts(await list({ "max-uploads": "0" }), "IsTruncated")).toEqual(["false"]);
  });
});
