/** How far something is; without `of` it is under way and nobody knows how far. */
export function Progress(props: { readonly label: string; readonly done: number; readonly of?: number | undefined }) {
  const { label, done, of } = props;
  return (
    <progress class="progress" aria-label={label} {...(of !== undefined && { value: done, max: Math.max(of, 1) })} />
  );
}
