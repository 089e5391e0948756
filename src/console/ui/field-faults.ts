/** Which field of a form a fault of the API is about, by its JSON pointer. Pure. */
import type { Fault } from "../wire/fault.ts";

type FieldFault = NonNullable<Fault["errors"]>[number];

/** What is wrong at `pointer` or inside it; of a list, the number of the line is told. Undefined: nothing. */
export function faultAt(fault: Fault | undefined, pointer: string): string | undefined {
  const found = (fault?.errors ?? []).filter((error) => isWithin(error, pointer));
  if (found.length === 0) return undefined;
  return found.map((error) => lineOf(error, pointer) + error.detail).join("; ");
}

/** The fault with what stands at none of these fields; undefined: every part of it stands at one. */
export function faultBeside(fault: Fault | undefined, pointers: readonly string[]): Fault | undefined {
  if (fault === undefined || (fault.errors ?? []).length === 0) return fault;
  const rest = fault.errors?.filter((error) => !pointers.some((pointer) => isWithin(error, pointer))) ?? [];
  if (rest.length === 0) return undefined;
  return { ...fault, message: rest.map(({ pointer, detail }) => `${pointer.slice(1)}: ${detail}`).join("; ") };
}

function isWithin({ pointer: at }: FieldFault, pointer: string): boolean {
  return at === pointer || at.startsWith(`${pointer}/`);
}

function lineOf({ pointer: at }: FieldFault, pointer: string): string {
  const index = /^\/(\d+)/.exec(at.slice(pointer.length))?.[1];
  return index === undefined ? "" : `line ${Number(index) + 1}: `;
}
