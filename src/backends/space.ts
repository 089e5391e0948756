/** How much room there is on a backend, and how a node tells its gateway. */

/** Bytes. */
export interface Space {
  /** What can still be written. */
  readonly free: number;
  readonly total: number;
}

/** Of a node's answers to HeadObject: `<free> <total>`, in bytes. */
export const SPACE_HEADER = "x-nearbucket-space";

/** The room on all these backends together; none where it is not known of all. */
export function spaceHeaders(spaces: readonly (Space | undefined)[]): Readonly<Record<string, string>> {
  const known = spaces.filter((space) => space !== undefined);
  if (known.length === 0 || known.length < spaces.length) return {};
  const sum = (of: keyof Space) => known.reduce((total, space) => total + space[of], 0);
  return { [SPACE_HEADER]: `${sum("free")} ${sum("total")}` };
}

export function parseSpace(text: string | undefined): Space | undefined {
  const [, free, total] = /^(\d{1,16}) (\d{1,16})$/.exec(text ?? "") ?? [];
  return free === undefined || total === undefined ? undefined : { free: Number(free), total: Number(total) };
}

/** That of which less is free; undefined: nothing is known. */
export function leastSpace(some: readonly (Space | undefined)[]): Space | undefined {
  return some.filter((space) => space !== undefined).sort((a, b) => a.free - b.free)[0];
}
