/** Any text that a key can be: every Unicode character except NUL. */
import fc from "fast-check";

const character = fc.oneof(
  fc.integer({ min: 0x01, max: 0x7f }),
  fc.integer({ min: 0x80, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
);

export const anyKey = fc
  .array(character, { minLength: 1, maxLength: 30 })
  .map((codes) => String.fromCodePoint(...codes));
