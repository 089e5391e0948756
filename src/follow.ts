/**
 * A plugin for @aws-sdk/client-s3: GetObject reads from the store that the gateway points to, with the object's own
 * headers, and from the gateway where that fails.
 *
 *   s3.middlewareStack.use(followRedirects)
 *
 * The request that follows is bare: no credential and no header of the first one comes to the store. In a browser the
 * SDK's own fetch follows by itself; there this does nothing.
 */

interface Request {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

interface Response {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

interface Sent {
  readonly request: unknown;
}

type Send = (sent: never) => Promise<{ readonly response: unknown }>;

/** What this needs of the SDK's middleware stack. */
interface Stack {
  add(
    middleware: (next: Send, context: { readonly commandName?: string }) => Send,
    options: { step: "deserialize"; priority: "low"; name: string; override: boolean },
  ): void;
}

/** Behind the signature, before the answer is read: retries, checksums and abortion of the SDK stand around it. */
export const followRedirects = {
  applyToStack(stack: object): void {
    (stack as Stack).add(
      (next, { commandName }) =>
        (sent: Sent) =>
          commandName === "GetObjectCommand" ? get(next as (sent: Sent) => Sending, sent) : (next as Following)(sent),
      { step: "deserialize", priority: "low", name: "nearbucketFollowRedirects", override: true },
    );
  },
};

type Sending = Promise<{ readonly response: unknown }>;
type Following = (sent: Sent) => Sending;

/** For the gateway: this client follows so (docs/redirects.md), or it does not. Signatures leave out User-Agent. */
const FOLLOWS = "nearbucket-follow/1";
const NEVER = "nearbucket-redirect/0";
/** Before a header that the store cannot know, on the redirect. */
const SET = "x-nearbucket-set-";

async function get(next: Following, sent: Sent): Sending {
  const request = sent.request as Request;
  if (request.headers["user-agent"] === undefined) return next(sent);
  const answer = await next({ ...sent, request: withAgent(request, FOLLOWS) });
  const redirect = answer.response as Response;
  const { location } = redirect.headers;
  if (redirect.statusCode !== 307 || location === undefined) return answer;
  discard(redirect);
  const followed = await tryThere(next, { ...sent, request: bareRequest(request, location) });
  if (followed === undefined) return next({ ...sent, request: withAgent(request, NEVER) });
  const { headers } = followed.response as Response;
  for (const name of Object.keys(redirect.headers))
    if (name.startsWith(SET)) headers[name.slice(SET.length)] = redirect.headers[name] ?? "";
  return followed;
}

/** Undefined: the store cannot be reached, or does not give out the object. */
async function tryThere(next: Following, sent: Sent): Promise<Awaited<Sending> | undefined> {
  try {
    const answer = await next(sent);
    const response = answer.response as Response;
    if (response.statusCode === 200 || response.statusCode === 206) return answer;
    discard(response);
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
  }
  return undefined;
}

function withAgent(request: Request, token: string): Request {
  return copyOf(request, {
    headers: { ...request.headers, "user-agent": `${request.headers["user-agent"]} ${token}` },
  });
}

function bareRequest(request: Request, location: string): Request {
  const { protocol, hostname, host, port, pathname, searchParams } = new URL(location);
  const headers: Record<string, string> = { host };
  for (const name of ["range", "user-agent"]) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  const query = Object.fromEntries(searchParams);
  return copyOf(request, {
    protocol,
    hostname,
    port: port === "" ? undefined : Number(port),
    path: pathname,
    query,
    headers,
  });
}

/** Of the SDK's own class, whichever of its versions this is. */
function copyOf(request: Request, change: object): Request {
  return Object.assign(Object.create(Object.getPrototypeOf(request)), request, change);
}

/** Frees the connection. */
function discard({ body }: Response): void {
  if (typeof body === "object" && body !== null && "resume" in body && typeof body.resume === "function") body.resume();
}
