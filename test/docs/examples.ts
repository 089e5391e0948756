/** The fenced blocks of README and docs whose language is followed by a mark: `run`, or `config`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Example {
  /** Relative to the root. */
  readonly file: string;
  readonly language: string;
  readonly mark: string;
  readonly text: string;
}

export const ROOT = join(import.meta.dirname, "../..");

export function documents(): readonly string[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".md"),
  );
  return ["README.md", "CONTRIBUTING.md", "compose/README.md", ...docs.map((path) => join("docs", path))];
}

export function readDocument(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

export function examples(language: string, mark: string): readonly Example[] {
  return documents().flatMap((file) =>
    [...readDocument(file).matchAll(/^```(\w+) (\w+)\n([\s\S]*?)^```$/gm)]
      .filter((match) => match[1] === language && match[2] === mark)
      .map((match) => ({ file, language, mark, text: match[3] ?? "" })),
  );
}
