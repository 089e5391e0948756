/** CORS rules as they are typed: one entry a line. What no field shows is kept. Pure. */
import type { CorsRules } from "../../../../contract/cors.ts";
import { entriesOf } from "../../../ui/entries.ts";

type Rule = CorsRules[number];
type Method = Rule["allowedMethods"][number];

export const METHODS: readonly Method[] = ["GET", "HEAD", "PUT", "POST", "DELETE"];

export interface RuleForm {
  readonly id: string | undefined;
  readonly origins: string;
  readonly methods: readonly Method[];
  readonly headers: string;
  readonly exposed: string;
  readonly maxAge: string;
}

/** What a page needs to upload in parts and to read. */
export const NEW_RULE: RuleForm = {
  ...{ id: undefined, origins: "", methods: METHODS },
  ...{ headers: "*", exposed: "ETag\nContent-Range", maxAge: "3600" },
};

export function formOf({ id, allowedOrigins, allowedMethods, ...rule }: Rule): RuleForm {
  return {
    id,
    origins: allowedOrigins.join("\n"),
    methods: allowedMethods,
    headers: (rule.allowedHeaders ?? []).join("\n"),
    exposed: (rule.exposeHeaders ?? []).join("\n"),
    maxAge: String(rule.maxAgeSeconds ?? ""),
  };
}

/** As the API takes it; undefined is left out. An age that is no number goes as it is, and is refused there. */
export function ruleOf({
  id,
  origins,
  methods,
  headers,
  exposed,
  maxAge,
}: RuleForm): Readonly<Record<string, unknown>> {
  const [allowedHeaders, exposeHeaders, age] = [entriesOf(headers), entriesOf(exposed), maxAge.trim()];
  return {
    id,
    allowedOrigins: entriesOf(origins),
    allowedMethods: METHODS.filter((method) => methods.includes(method)),
    allowedHeaders: allowedHeaders.length > 0 ? allowedHeaders : undefined,
    exposeHeaders: exposeHeaders.length > 0 ? exposeHeaders : undefined,
    maxAgeSeconds: age === "" ? undefined : /^\d+$/.test(age) ? Number(age) : age,
  };
}

/** One sentence. */
export function ruleWords({ allowedOrigins, allowedMethods }: Rule): string {
  const who = allowedOrigins.includes("*") ? "Pages of any origin" : `Pages of ${allowedOrigins.join(", ")}`;
  return `${who}: ${allowedMethods.join(", ")}.`;
}
