/** Checks bound parameters: on both engines it refuses values that PostgreSQL cannot store. */
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
