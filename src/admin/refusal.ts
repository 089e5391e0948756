/** What an operator asked for and cannot have, as things stand. The message is a sentence for operators. */

export class Refusal extends Error {
  override readonly name = "Refusal";
  /** It was asked of something that does not exist. */
  readonly isUnknown: boolean;

  constructor(message: string, options: { readonly isUnknown?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.isUnknown = options.isUnknown ?? false;
  }
}

/** Throws where the database does not know the backend. */
export function knownBackend<T extends { readonly name: string }>(rows: readonly T[], name: string): T {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) throw new Refusal(`there is no backend ${name} in the database`, { isUnknown: true });
  return row;
}
