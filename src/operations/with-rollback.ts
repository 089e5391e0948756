/** Undoes earlier steps when the work that follows them fails. */
import { S3Error } from "../errors.ts";

/**
 * The work's result. When it fails, runs `undo` and throws the failure. When `undo` fails too, throws both; the answer
 * stays that of the work.
 */
export async function withRollback<T>(work: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await undo().catch((second: unknown) => {
      const cause = new AggregateError([error, second], "the work failed, and so did taking it back", { cause: error });
      if (!(error instanceof S3Error)) throw cause;
      const { code, message, elements, headers } = error;
      throw new S3Error(code, { message, elements, headers }, { cause });
    });
    throw error;
  }
}
