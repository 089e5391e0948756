import { describe, expect, it } from "vitest";
import {
  awsProfile,
  keyState,
  newKeyOf,
  placeOf,
  scopeWords,
} from "../../../src/console/screens/administration/keys/key-form.ts";
import { newKey } from "../../../src/contract/keys.ts";

const NOW = new Date("2026-11-27T03:00:00.000Z");
const EMPTY = { account: "", isReadOnly: false, places: [], networks: [], days: 0 };

describe("the form of an access key", () => {
  it("asks for nothing that was not filled in: an empty list would be no limit", () => {
    expect(newKeyOf(EMPTY, NOW)).toEqual({});
  });

  it("asks for what was filled in, as the contract has it", () => {
    const form = {
      account: "alice",
      isReadOnly: true,
      places: ["photos", "s3://backups/laptop/"],
      networks: ["192.0.2.0/24"],
      days: 30,
    };
    const body = newKeyOf(form, NOW);
    expect(newKey.parse(body)).toEqual({
      account: "alice",
      scope: {
        readOnly: true,
        places: [
          { bucket: "photos", prefix: "" },
          { bucket: "backups", prefix: "laptop/" },
        ],
        networks: ["192.0.2.0/24"],
      },
      expiresAt: "2026-12-27T03:00:00.000Z",
    });
  });

  it("keeps every slash behind the bucket's", () => {
    expect(placeOf("photos//a/b")).toEqual({ bucket: "photos", prefix: "/a/b" });
  });

  it("tells what a key may do", () => {
    expect(scopeWords({})).toEqual(["Read and write"]);
    expect(scopeWords({ readOnly: true, places: [{ bucket: "a", prefix: "b/" }], networks: ["::1"] })).toEqual([
      "Read only",
      "in a/b/",
      "from ::1",
    ]);
  });

  it("tells a key that has ended from one that is disabled", () => {
    const expiresAt = NOW.toISOString();
    expect(keyState({ disabled: false, expiresAt }, NOW)).toBe("ended");
    expect(keyState({ disabled: true, expiresAt }, NOW)).toBe("disabled");
    expect(keyState({ disabled: false, expiresAt }, new Date(NOW.getTime() - 1))).toBe("in use");
  });

  it("writes a profile as the AWS tools read it", () => {
    const key = { accessKeyId: "AK", secretAccessKey: "a+/=", region: "eu", endpoint: "http://localhost:9000" };
    expect(awsProfile({ name: "alice", ...key }).split("\n")).toEqual([
      "[alice]",
      "aws_access_key_id = AK",
      "aws_secret_access_key = a+/=",
      "region = eu",
      "endpoint_url = http://localhost:9000",
    ]);
  });
});
