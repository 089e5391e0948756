/**
 * Kinds of value that several configuration keys share: sizes, networks, names, addresses. Each says what was expected,
 * in words, and accepts only text that means one thing.
 */
import { z } from "zod";
import { networkFault } from "../networks.ts";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

const SIZE = /^(\d+(?:\.\d+)?) ?([KMGT]iB|B)?$/;

const SIZE_EXPECTED = "expected a size: an integer of bytes, or text such as 8 MiB";

/** A number of bytes: an integer, or text such as `8 MiB`. */
export const bytes = z
  .union([z.int().nonnegative(), z.string()], { error: SIZE_EXPECTED })
  .transform((value, context) => {
    if (typeof value === "number") return value;
    const [, amount, unit = ""] = SIZE.exec(value) ?? [];
    if (amount !== undefined) return Math.round(Number(amount) * (UNITS[unit] ?? 1));
    context.addIssue({ code: "custom", message: SIZE_EXPECTED });
    return z.NEVER;
  });

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. */
export const network = z.string().superRefine((text, context) => {
  const fault = networkFault(text);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
});

/** A backend's or a region's name: it stands in logs, headers and rows. */
export const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  message: "expected 1 to 63 lower-case letters, digits and hyphens, not starting with a hyphen",
});

/** `scheme://host[:port]`, nothing behind it; kept without a trailing slash. */
export const origin = z.string().transform((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === "/" &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "";
  if (!plain) {
    context.addIssue({ code: "custom", message: "expected http://host[:port] or https://host[:port] with no path" });
    return z.NEVER;
  }
  return url.origin;
});

/** An origin as browsers send it, with at most one `*` in it: `https://*.example.com`, or `*`. */
export const pageOrigin = z.string().regex(/^(?:\*|null|https?:\/\/[^\s/*A-Z]*\*?[^\s/*A-Z]*)$/, {
  message: "expected scheme://host[:port] in lower case with no path, with at most one *, or *",
});

export const filled = z.string().min(1, { message: "expected text that is not empty" });

export const seconds = z.int().positive();
