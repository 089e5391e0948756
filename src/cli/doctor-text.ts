/** Findings for people: one paragraph each, within 80 columns. */
import { type Finding, type Level, severity } from "../admin/checks/finding.ts";
import { counted, wrap } from "./layout.ts";

const WORDS: Readonly<Record<Level, string>> = { ok: "ok", warning: "WARNING", error: "ERROR" };
const INDENT = " ".repeat(9);

export function doctorText(findings: readonly Finding[]): string {
  return [...findings.map(paragraph), "", summary(findings)].join("\n");
}

function paragraph({ level, check, subject, says, remedy }: Finding): string {
  const about = subject === undefined ? check : `${check} ${subject}`;
  const first = wrap(`${WORDS[level].padEnd(INDENT.length)}${about}: ${says}`, INDENT);
  return remedy === undefined ? first : `${first}\n${wrap(`${INDENT}To do: ${remedy}`, INDENT)}`;
}

function summary(findings: readonly Finding[]): string {
  const of = (level: Level) => findings.filter((finding) => finding.level === level).length;
  if (severity(findings) === 0) return `All is well: ${counted(of("ok"), "check")}.`;
  return `${counted(of("error"), "error")}, ${counted(of("warning"), "warning")}, ${of("ok")} ok.`;
}
