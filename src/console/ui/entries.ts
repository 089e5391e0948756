/** The entries of a field that holds one on each line, without empty lines. Pure. */
export function entriesOf(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
