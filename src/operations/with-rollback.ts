/** Undoes earlier steps when the work that follows them fails. */

/** The work's result. When it fails, runs `undo` and throws the failure; when `undo` fails too, throws both. */
export async function withRollback<T>(work: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await undo().catch((second: unknown) => {
      throw new AggregateError([error, second], "the work failed, and so did taking it back", { cause: error });
    });
    throw error;
  }
}
