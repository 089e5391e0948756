/** The words for the backends that are missing to empty one. */

/** As `drained` says it. */
export interface Missing {
  readonly backendsMissing?: number | undefined;
  readonly missingIn?: readonly { readonly backends: number; readonly regions: readonly string[] }[] | undefined;
}

/** `1 more backend in london and 1 more in oslo or rome`. */
export function missingText({ backendsMissing = 0, missingIn = [] }: Missing): string {
  const bound = missingIn.reduce((sum, { backends }) => sum + backends, 0);
  const places = missingIn.map(({ backends, regions }) => ({ backends, place: ` in ${regions.join(" or ")}` }));
  const anywhere = { backends: backendsMissing - bound, place: bound === 0 ? "" : " anywhere" };
  return [...places, anywhere]
    .filter(({ backends }) => backends > 0)
    .map(
      ({ backends, place }, at) => `${backends} more${at > 0 ? "" : backends === 1 ? " backend" : " backends"}${place}`,
    )
    .join(" and ");
}
