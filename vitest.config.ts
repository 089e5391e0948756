import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// The thread pool of libuv also serves the database driver, files and dns: four threads are too few
// (docs/architecture.md).
process.env["UV_THREADPOOL_SIZE"] = "16";
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/**
 * Files that keep no state in their process: a worker runs one after the other, so that most of their time is not spent
 * on loading the same modules again. What such a file imports may register no hooks of its own: it is loaded once.
 * Not those of metadata: a statement of a test stands in the register of the process, which one test reads.
 */
const ROOMS = "admin|api|auth|backends|blobs|checksums|config|delivery|http|operations|protocol|upkeep";
const TOGETHER = [`test/@(${ROOMS})/**/*.test.ts`, "test/console/!(browser)/**/*.test.ts", "test/console/*.test.ts"];
const ALONE = [`test/!(${ROOMS}|console)/**/*.test.ts`, "test/console/browser/**/*.test.ts", "test/*.test.ts"];
const IN_COMPANY = "together";

/** The files that take a minute or more begin first, so that no worker waits for the last of them. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [0, 1, 2].flatMap((turn) => sorted.filter((file) => turnOf(file) === turn));
  }
}

/** A worker can be kept only for files of one kind in a row. */
function turnOf({ moduleId, project }: TestSpecification): number {
  if (/\/test\/(soak\/|console\/browser\/|clients\/real-input\.|behaviour\/rot\.)/.test(moduleId)) return 0;
  return project.name === IN_COMPANY ? 2 : 1;
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { name: "alone", include: ALONE } },
      { extends: true, test: { name: IN_COMPANY, include: TOGETHER, isolate: false } },
    ],
  },
});
