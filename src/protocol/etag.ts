/** ETags: quoted on the wire, bare inside. */

export function quote(etag: string): string {
  return `"${etag}"`;
}

/** Without quotes, weakness mark and blanks; `*` stays `*`. */
export function unquote(etag: string): string {
  const text = etag.trim();
  const strong = text.startsWith("W/") ? text.slice(2) : text;
  return strong.length >= 2 && strong.startsWith('"') && strong.endsWith('"') ? strong.slice(1, -1) : strong;
}

/** Whether a comma-separated list of ETags, or `*`, names this one. */
export function namesEtag(list: string, etag: string): boolean {
  if (list === "*") return true;
  for (const one of list.split(",")) {
    const bare = unquote(one);
    if (bare === etag || bare === "*") return true;
  }
  return false;
}
