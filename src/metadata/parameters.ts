/** What may be bound to a statement: refuses what PostgreSQL cannot store, on both engines alike. */
import { S3Error } from "../errors.ts";
import type { Parameter } from "./engine.ts";

/** Throws InvalidArgument. */
export function checkParameters(parameters: readonly Parameter[]): void {
  for (const parameter of parameters) {
    if (typeof parameter === "string" && parameter.includes("\0")) {
      throw new S3Error("InvalidArgument", { message: "Names and values cannot contain a null character" });
    }
  }
}
