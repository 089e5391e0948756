/** What an operator cannot have, as the API tells it: the sentence is the same that the command line prints. */
import { Refusal } from "../admin/refusal.ts";
import { BackendError } from "../backends/backend.ts";
import { ForeignStoreError } from "../upkeep/registration.ts";
import { ApiError } from "./problems.ts";

/** NotFound for what does not exist, Conflict where something, such as the store itself, speaks against it. */
export async function orRefuse<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw told(error);
  }
}

function told(cause: unknown): unknown {
  if (cause instanceof Refusal)
    return new ApiError(cause.isUnknown ? "NotFound" : "Conflict", cause.message, { cause });
  const isOfStore = cause instanceof ForeignStoreError || cause instanceof BackendError;
  return isOfStore ? new ApiError("Conflict", cause.message, { cause }) : cause;
}
