/**
 * `nearbucket completion`: a script that completes commands, options and their values in a shell, made from the
 * commands themselves.
 */
import { Argument, type Command } from "commander";
import {
  bashScript,
  type CompletedCommand,
  type CompletedOption,
  fishScript,
  zshScript,
} from "./completion-scripts.ts";
import type { Terminal } from "./terminal.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function addCompletion(program: Command, terminal: Terminal): void {
  program
    .command("completion")
    .description("print a script that completes this command in a shell")
    .addArgument(new Argument("<shell>").choices(Object.keys(SCRIPTS)))
    .action((shell: keyof typeof SCRIPTS) => terminal.print(SCRIPTS[shell](describeCommands(program)).trimEnd()));
}

function describeCommands(command: Command, path = ""): readonly CompletedCommand[] {
  const inner = command.commands.map((one) => ({ word: one.name(), about: one.description() }));
  const choices = command.registeredArguments.flatMap(({ argChoices = [], description }) =>
    argChoices.map((word) => ({ word, about: description })),
  );
  const help = { word: "--help", about: "show how it is used", value: "none" } as const;
  const own = { path, words: [...inner, ...choices], options: [...command.options.map(optionOf), help] };
  return [own, ...command.commands.flatMap((one) => describeCommands(one, `${path} ${one.name()}`.trim()))];
}

function optionOf({ long, flags, description, argChoices }: Command["options"][number]): CompletedOption {
  return { word: long ?? flags, about: description, value: argChoices ?? kindOfValue(flags) };
}

function kindOfValue(flags: string): CompletedOption["value"] {
  const placeholder = /[<[](.+)[>\]]/.exec(flags)?.[1];
  if (placeholder === undefined) return "none";
  return placeholder === "file" || placeholder === "directory" ? placeholder : "any";
}
