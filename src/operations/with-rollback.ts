/** Work whose failure must take back what was done before it. */

/** The work's result. When it fails, `undo` runs first and the failure is thrown on; when that fails too, both are. */
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
