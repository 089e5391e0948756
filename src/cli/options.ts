/** Values on the command line, checked as they are read: commander prints the message and ends with exit code 1. */
import { InvalidArgumentError } from "commander";

/** An argument parser for whole numbers within bounds, both inclusive. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  };
}

/** An argument parser for text of a given form. */
export function matching(form: RegExp, expected: string): (text: string) => string {
  return (text) => {
    if (form.test(text)) return text;
    throw new InvalidArgumentError(`expected ${expected}`);
  };
}

export const accessKeyId = matching(
  /^[\x21-\x2e\x30-\x7e]{3,128}$/,
  "3 to 128 printable characters without space or slash",
);
export const secretAccessKey = matching(/^.{8,}$/, "at least 8 characters");
