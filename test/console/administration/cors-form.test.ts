import { expect, it } from "vitest";
import { formOf, NEW_RULE, ruleOf, ruleWords } from "../../../src/console/screens/administration/buckets/cors-form.ts";
import { newCorsRules } from "../../../src/contract/cors.ts";

it("gives back a rule that nobody changed, with what no field shows", () => {
  const [rule] = newCorsRules.parse([
    {
      ...{
        id: "uploads",
        allowedOrigins: ["https://a.example", "https://*.b.example"],
        allowedMethods: ["GET", "PUT"],
      },
      ...{ allowedHeaders: ["x-amz-*"], exposeHeaders: ["ETag"], maxAgeSeconds: 60 },
    },
  ]);
  expect(rule && ruleOf(formOf(rule))).toEqual(rule);
  expect(rule && ruleWords(rule)).toBe("Pages of https://a.example, https://*.b.example: GET, PUT.");
});

it("leaves out what is empty, and leaves the judgement of an age to the gateway", () => {
  const filled = { ...NEW_RULE, origins: " https://a.example \n\n*", headers: "", exposed: "\n" };
  const asked = JSON.parse(JSON.stringify(ruleOf(filled)));
  expect(newCorsRules.parse([asked])).toEqual([
    {
      allowedOrigins: ["https://a.example", "*"],
      allowedMethods: ["GET", "HEAD", "PUT", "POST", "DELETE"],
      maxAgeSeconds: 3600,
    },
  ]);
  expect(ruleOf({ ...NEW_RULE, maxAge: "" })).toMatchObject({ maxAgeSeconds: undefined });
  const wrong = newCorsRules.safeParse([
    { ...asked, maxAgeSeconds: ruleOf({ ...NEW_RULE, maxAge: "1h" })["maxAgeSeconds"] },
  ]);
  expect(wrong.error?.issues[0]?.path).toEqual([0, "maxAgeSeconds"]);
  expect(ruleWords({ allowedOrigins: ["*"], allowedMethods: ["GET"] })).toBe("Pages of any origin: GET.");
});
