/** A directory of one test's own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes an empty directory, which is removed when the test that asks for it is over. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "nearbucket-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}
