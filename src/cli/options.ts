/** Values on the command line, checked as they are read: commander prints the message and ends with exit code 1. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseSetting, type Setting } from "../config/settings.ts";

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

/** Gathers what a repeatable option is given. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

export function time(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError("expected a time as 2026-11-27T10:00:00Z");
  return at;
}

/** The options of a command with `withSettings`. */
export interface SettingOptions {
  readonly set: readonly Setting[];
}

/** Adds the repeatable option `--set key=value`. */
export function withSettings(command: Command): Command {
  const collect = (text: string, before: readonly Setting[]): readonly Setting[] => {
    const setting = parseSetting(text);
    if ("expected" in setting) throw new InvalidArgumentError(`expected ${setting.expected}`);
    return [...before, setting];
  };
  return command.addOption(
    new Option("--set <key=value>", "any key of the configuration by its path; repeatable")
      .argParser(collect)
      .default([], "none"),
  );
}

/** A secret from standard input: one line. */
export function checkSecret(text: string): string {
  if (/^.{8,}$/.test(text)) return text;
  throw new Error("expected a secret of at least 8 characters in one line of standard input");
}
