/** Names that nobody may be deceived by: what cannot be seen, or turns letters around, is written out. Pure. */

export interface Piece {
  readonly text: string;
  /** Stands for a character that is not shown as itself. */
  readonly isOdd: boolean;
}

/** Controls, line separators, spaces without width, and what changes the direction of text. */
const ODD = /([\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff])/u;

export function piecesOf(name: string): readonly Piece[] {
  return name.split(ODD).flatMap<Piece>((text, index) => {
    if (text === "") return [];
    return index % 2 === 0 ? [{ text, isOdd: false }] : [{ text: codeOf(text), isOdd: true }];
  });
}

function codeOf(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
