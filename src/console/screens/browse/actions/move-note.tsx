/** What a move does and what it does not. */
export function MoveNote() {
  return (
    <p class="soft">
      No byte is sent: the content gets another name. Metadata and tags go along. Links to the old name end, and
      permissions that were given on single objects do not go along. What stands there already is not overwritten.
    </p>
  );
}
