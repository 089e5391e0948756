// Addresses of the console's screens.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashOf, parseRoute, signInToken } from "../../src/console/routes.ts";

describe("the console's addresses", () => {
  it("name every bucket and prefix, whatever their characters", () => {
    const text = fc.string({ unit: "binary" }).filter((some) => !/\p{Surrogate}/u.test(some));
    const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,20}$/);
    fc.assert(
      fc.property(bucket, text, text, (name, prefix, inside) => {
        const route = { screen: "browse", bucket: name, prefix } as const;
        expect(parseRoute(hashOf(route))).toEqual(route);
        const open = { ...route, object: `${prefix}${inside}` };
        expect(parseRoute(hashOf(open))).toEqual(inside === "" ? route : open);
        const where = { screen: "where", bucket: name, key: prefix } as const;
        expect(parseRoute(hashOf(where))).toEqual(where);
      }),
    );
  });

  it.each([
    ["", { screen: "buckets" }],
    ["#/", { screen: "buckets" }],
    ["#/none", { screen: "buckets" }],
    ["#/buckets/photos", { screen: "browse", bucket: "photos", prefix: "" }],
    ["#/buckets/photos/%E0%A4%A", { screen: "browse", bucket: "photos", prefix: "%E0%A4%A" }],
    ["#/buckets/photos/a%3Fobject=b/", { screen: "browse", bucket: "photos", prefix: "a?object=b/" }],
    ["#/buckets/photos/a/?object=b%2Fc%3F", { screen: "browse", bucket: "photos", prefix: "a/", object: "a/b/c?" }],
    ["#/buckets/photos/a/?object=%E0%A4%A", { screen: "browse", bucket: "photos", prefix: "a/", object: "a/%E0%A4%A" }],
    ["#/buckets/photos/?object=", { screen: "browse", bucket: "photos", prefix: "" }],
    ["#/buckets?object=a", { screen: "buckets" }],
    ["#/where", { screen: "where", bucket: "", key: "" }],
    ["#/where/photos/a%20b//c", { screen: "where", bucket: "photos", key: "a b//c" }],
    ["#/administration/keys", { screen: "administration", part: "keys" }],
  ])("reads %j", (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
  });

  it("tell a sign-in link from a screen", () => {
    expect(signInToken("#sign-in=abc%2Fdef")).toBe("abc/def");
    expect(signInToken("#/buckets/sign-in=abc")).toBeUndefined();
    expect(signInToken("")).toBeUndefined();
  });
});
