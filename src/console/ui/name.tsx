/** A name that somebody else chose, as text and in a direction of its own. */
import { piecesOf } from "./name-pieces.ts";

export function Name({ text }: { readonly text: string }) {
  if (text === "") return <span class="soft">(no name)</span>;
  return (
    <bdi class="name">
      {piecesOf(text).map((piece) => (piece.isOdd ? <span class="odd">{piece.text}</span> : piece.text))}
    </bdi>
  );
}
