/**
 * Which pages of other origins may read answers (CORS): a bucket's rules, and what they say about one request. Pure.
 * Rules give nobody access: each request still needs its signature. A browser merely keeps from a page what no rule
 * lets it see. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */

export const CORS_METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD"] as const;

/** In an origin or a header's name one `*` stands for any characters, also for none. */
export interface CorsRule {
  readonly id?: string | undefined;
  /** `https://app.example`, compared as they stand, as browsers send them: in lower case, without a slash. */
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly (typeof CORS_METHODS)[number][];
  /** Of requests; compared without regard to case. Absent: none but those that every page may send. */
  readonly allowedHeaders?: readonly string[] | undefined;
  /** Of answers; beside those that every page may read. */
  readonly exposeHeaders?: readonly string[] | undefined;
  /** How long a browser may remember the answer to a preflight. */
  readonly maxAgeSeconds?: number | undefined;
}

/** What a request says about the page behind it, as text of its headers. */
export interface CorsRequest {
  readonly origin: string;
  /** Of the request that a preflight asks for; of any other request its own. */
  readonly method: string;
  /** `Access-Control-Request-Headers`: names, parted by commas. */
  readonly headers: string | undefined;
}

/** More are none that a browser would ask for: they match no rule. Keeps the comparisons few. */
const MOST_HEADERS = 100;

/** The headers of the answer by the first rule that lets the page see it, as S3 gives them; undefined: none does. */
export function corsHeaders(
  rules: readonly CorsRule[],
  { origin, method, headers = "" }: CorsRequest,
): Readonly<Record<string, string>> | undefined {
  const asked = namesIn(headers);
  if (asked.length > MOST_HEADERS) return undefined;
  for (const rule of rules) {
    const allowed = rule.allowedOrigins.find((pattern) => matches(pattern, origin));
    if (allowed === undefined || !rule.allowedMethods.some((one) => one === method)) continue;
    if (allowsAll(rule.allowedHeaders, asked)) return answerBy(rule, allowed === "*" ? "*" : origin, asked);
  }
  return undefined;
}

function answerBy(rule: CorsRule, origin: string, asked: readonly string[]): Readonly<Record<string, string>> {
  const { allowedMethods, exposeHeaders = [], maxAgeSeconds } = rule;
  return {
    "Access-Control-Allow-Origin": origin,
    ...(origin !== "*" && { "Access-Control-Allow-Credentials": "true" }),
    "Access-Control-Allow-Methods": allowedMethods.join(", "),
    ...(asked.length > 0 && { "Access-Control-Allow-Headers": asked.join(", ") }),
    ...(exposeHeaders.length > 0 && { "Access-Control-Expose-Headers": exposeHeaders.join(", ") }),
    ...(maxAgeSeconds !== undefined && { "Access-Control-Max-Age": String(maxAgeSeconds) }),
    Vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  };
}

/** In lower case, each once. */
function namesIn(headers: string): readonly string[] {
  const names = headers.split(",").map((name) => name.trim().toLowerCase());
  return [...new Set(names)].filter((name) => name !== "");
}

function allowsAll(allowed: readonly string[] = [], asked: readonly string[]): boolean {
  if (asked.length === 0) return true;
  const patterns = allowed.map((pattern) => pattern.toLowerCase());
  return asked.every((name) => patterns.some((pattern) => matches(pattern, name)));
}

function matches(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  const end = pattern.slice(star + 1);
  return text.length >= pattern.length - 1 && text.startsWith(pattern.slice(0, star)) && text.endsWith(end);
}

/** For credentialed requests `*` is a name like any other, so the ones that pages need most stand beside it. */
const EXPOSED = [
  "ETag",
  "Content-Length",
  "Content-Range",
  "Content-Disposition",
  "Content-Encoding",
  "Accept-Ranges",
  "Date",
  "x-amz-request-id",
  "x-amz-version-id",
  "x-nearbucket-served",
  "x-nearbucket-region",
  "*",
];

/** What holds in buckets without rules. */
export function defaultRules(role: "gateway" | "node", allowedOrigins: readonly string[]): readonly CorsRule[] {
  return [...rulesFor(allowedOrigins), ...(role === "node" ? NODE_RULES : [])];
}

/** Where the operator lets pages of these origins do what their URLs or keys may. */
function rulesFor(allowedOrigins: readonly string[]): readonly CorsRule[] {
  if (allowedOrigins.length === 0) return [];
  const maxAgeSeconds = 3600;
  return [
    { allowedOrigins, allowedMethods: CORS_METHODS, allowedHeaders: ["*"], exposeHeaders: EXPOSED, maxAgeSeconds },
  ];
}

/** A node's: browsers that follow a redirect to it come with the origin `null`, from pages of any origin. */
const NODE_RULES: readonly CorsRule[] = rulesFor(["*"]).map((rule) => ({
  ...rule,
  allowedMethods: ["GET", "HEAD"],
}));
