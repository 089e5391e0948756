/**
 * The completion of each shell. All walk the words before the cursor in the same way: the name of a command goes one
 * step deeper, and what follows an option that takes a value is that value.
 */
/** A command with its names, as a shell completes it. */
export interface CompletedCommand {
  /** Behind the program's name: `backends list`; "": the program itself. */
  readonly path: string;
  readonly words: readonly Completed[];
  readonly options: readonly CompletedOption[];
}

interface Completed {
  readonly word: string;
  readonly about: string;
}

export interface CompletedOption extends Completed {
  /** none: it takes none. */
  readonly value: "none" | "any" | "file" | "directory" | readonly string[];
}

type Commands = readonly CompletedCommand[];

export function bashScript(commands: Commands): string {
  return `# In ~/.bashrc: . <(nearbucket completion bash)
_nearbucket() {
  local word=\${COMP_WORDS[COMP_CWORD]} place= option= at words= options= IFS=$'\\n'
  for ((at = 1; at < COMP_CWORD; at++)); do
    # Bash makes three words of --data=x.
    if [[ \${COMP_WORDS[at]} == "=" ]]; then continue; fi
    if [[ -n $option ]]; then option=; continue; fi
    case "$place \${COMP_WORDS[at]}" in
      ${pattern(places(commands))}) place="$place \${COMP_WORDS[at]}" ;;
      ${pattern(withValue(commands))}) option=\${COMP_WORDS[at]} ;;
    esac
  done
  if [[ $word == "=" ]]; then word=; fi
  if [[ -n $option ]]; then
    case "$place $option" in
${valueCases(commands, bashValue)}
    esac
    return
  fi
  case "$place" in
${placeCases(commands, ({ words, options }) => `words=${lines(words)}; options=${lines(options)}`)}
  esac
  if [[ $word == -* ]]; then words=$options; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _nearbucket nearbucket`;
}

function bashValue({ value }: CompletedOption): string | undefined {
  if (typeof value === "object") return `COMPREPLY=($(compgen -W ${lines(value.map(wordOf))} -- "$word"))`;
  if (value === "file" || value === "directory")
    return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -${value === "file" ? "f" : "d"} -- "$word"))`;
  return undefined;
}

export function zshScript(commands: Commands): string {
  return `#compdef nearbucket
# In ~/.zshrc, after compinit: . <(nearbucket completion zsh)
_nearbucket() {
  local place= option= at
  local -a found
  for ((at = 2; at < CURRENT; at++)); do
    if [[ -n $option ]]; then option=; continue; fi
    case "$place $words[at]" in
      (${pattern(places(commands))}) place="$place $words[at]" ;;
      (${pattern(withValue(commands))}) option=$words[at] ;;
    esac
  done
  if [[ -n $option ]]; then
    case "$place $option" in
${valueCases(commands, zshValue)}
    esac
    return
  fi
  if [[ $words[CURRENT] == -* ]]; then
    case "$place" in
${placeCases(commands, ({ options }) => `found=(${described(options)})`)}
    esac
  else
    case "$place" in
${placeCases(commands, ({ words }) => `found=(${described(words)})`)}
    esac
  fi
  _describe nearbucket found
}
if [[ $funcstack[1] == _nearbucket ]]; then _nearbucket "$@"; else compdef _nearbucket nearbucket; fi`;
}

function zshValue({ value }: CompletedOption): string | undefined {
  if (typeof value === "object") return `compadd -- ${value.map(quote).join(" ")}`;
  if (value === "file") return "_files";
  return value === "directory" ? "_files -/" : undefined;
}

export function fishScript(commands: Commands): string {
  const rules = commands.flatMap((one) => {
    const here = `complete -c nearbucket -n ${quote(`__nearbucket_at ${quote(placeOf(one))}`)}`;
    return [
      ...one.words.map(({ word, about }) => `${here} -a ${quote(word)} -d ${quote(about)}`),
      ...one.options.map(
        (option) => `${here} -l ${option.word.slice(2)}${fishValue(option)} -d ${quote(option.about)}`,
      ),
    ];
  });
  return `# In ~/.config/fish/config.fish: nearbucket completion fish | source
function __nearbucket_at
  set -l place ""
  set -l option ""
  for word in (commandline -opc)[2..-1]
    if test -n "$option"
      set option ""
      continue
    end
    switch "$place $word"
      case ${places(commands).map(quote).join(" ")}
        set place "$place $word"
      case ${withValue(commands).map(quote).join(" ")}
        set option $word
    end
  end
  test "$place" = "$argv[1]"
end
complete -c nearbucket -f
${rules.join("\n")}`;
}

function fishValue({ value }: CompletedOption): string {
  if (value === "none") return "";
  if (value === "file") return " -r -F";
  if (value === "directory") return " -x -a '(__fish_complete_directories (commandline -ct))'";
  return value === "any" ? " -x" : ` -x -a ${quote(value.join(" "))}`;
}

/** " backends list"; the program itself: "". */
function placeOf({ path }: CompletedCommand): string {
  return path === "" ? "" : ` ${path}`;
}

function places(commands: Commands): readonly string[] {
  return commands.map(placeOf).filter((place) => place !== "");
}

/** Each option that takes a value, behind the place where it stands. */
function withValue(commands: Commands): readonly string[] {
  return commands.flatMap((one) =>
    one.options.flatMap(({ word, value }) => (value === "none" ? [] : [`${placeOf(one)} ${word}`])),
  );
}

/** A `case` line for each place. */
function placeCases(commands: Commands, act: (command: CompletedCommand) => string): string {
  return commands.map((one) => `      ${quote(placeOf(one))}) ${act(one)} ;;`).join("\n");
}

/** `case` lines that do the same for one option wherever it stands. */
function valueCases(commands: Commands, act: (option: CompletedOption) => string | undefined): string {
  return commands
    .flatMap((one) =>
      one.options.flatMap((option) => {
        const does = act(option);
        return does === undefined ? [] : [`      ${quote(`${placeOf(one)} ${option.word}`)}) ${does} ;;`];
      }),
    )
    .join("\n");
}

function pattern(texts: readonly string[]): string {
  return texts.map(quote).join(" | ");
}

function lines(words: readonly { readonly word: string }[]): string {
  return `$'${words.map(({ word }) => word).join("\\n")}'`;
}

function wordOf(word: string): { readonly word: string } {
  return { word };
}

function described(words: readonly { readonly word: string; readonly about: string }[]): string {
  return words.map(({ word, about }) => quote(`${word.replaceAll(":", "\\:")}:${about}`)).join(" ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
