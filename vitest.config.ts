import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// The thread pool of libuv also serves the database driver, files and dns: four threads are too few
// (docs/architecture.md).
process.env["UV_THREADPOOL_SIZE"] = "16";
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/**
 * Files that keep no state in their process: a worker runs one after the other, so that most of their time is not spent
 * on loading the same modules again. What such a file imports may register no hooks of its own: it is loaded once.
 * Not the one that reads the statements that its process has registered: those of other tests would be among them.
 */
const ROOMS =
  "admin|api|auth|backends|blobs|checksums|config|delivery|http|journal|metadata|operations|protocol|takeover|upkeep";
const OF_STATEMENTS = "test/metadata/plans.test.ts";
const TOGETHER = [`test/@(${ROOMS})/**/*.test.ts`, "test/console/!(browser)/**/*.test.ts", "test/console/*.test.ts"];
const ALONE = [`test/!(${ROOMS}|console)/**/*.test.ts`, OF_STATEMENTS, "test/*.test.ts"];
const BROWSERS = ["test/console/browser/**/*.test.ts"];
const IN_COMPANY = "together";

/** The files that take longest begin first, so that no worker waits for the last of them. */
const LONG_ONES = [
  ...["soak/", "package/", "console/browser/(upload|screens|administration)\\.", "clients/(\\w+-)?(clients|input)\\."],
  ...["docs/(run|backup|moving)\\.", "cli/backends\\."],
  "behaviour/(rot|journal(-shared)?|database-trouble|half-dead-store|multipart-trouble|lost-store)\\.",
];
const LONG = new RegExp(`/test/(${LONG_ONES.join("|")})`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [0, 1, 2].flatMap((turn) => sorted.filter((file) => turnOf(file) === turn));
  }
}

/** A worker can be kept only for files of one kind in a row. */
function turnOf({ moduleId, project }: TestSpecification): number {
  if (project.name === IN_COMPANY) return 2;
  return LONG.test(moduleId) ? 0 : 1;
}

/**
 * Two browsers keep two processors busy, and are what suffers first when there are too few. All other files wait now and
 * then, for stores, disks and times: three of them at once. Groups run one after the other.
 */
const WITH_BROWSERS = { maxWorkers: 2, sequence: { groupOrder: 0 } };
const WITHOUT = { maxWorkers: 3, sequence: { groupOrder: 1 } };

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    sequence: { sequencer: LongestFirst },
    projects: [
      { extends: true, test: { ...WITH_BROWSERS, name: "browsers", include: BROWSERS } },
      { extends: true, test: { ...WITHOUT, name: "alone", include: ALONE } },
      {
        extends: true,
        test: { ...WITHOUT, name: IN_COMPANY, include: [...TOGETHER, `!${OF_STATEMENTS}`], isolate: false },
      },
    ],
  },
});
