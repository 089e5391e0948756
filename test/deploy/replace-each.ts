/** Puts what is this machine's in place of what a file of deploy/ or compose/ says. */

type Change = readonly [from: string | RegExp, to: string];

/** Throws when a text is not there: the file no longer says what the test means to change. */
export function replaceEach(text: string, changes: readonly Change[]): string {
  return changes.reduce((changed, [from, to]) => {
    const next = changed.replace(from, () => to);
    if (next === changed) throw new Error(`the file does not have: ${from}`);
    return next;
  }, text);
}
