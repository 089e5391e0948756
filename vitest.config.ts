import { defineConfig } from "vitest/config";

// The thread pool of libuv also serves the database driver, files and dns: four threads are too few
// (docs/architecture.md).
process.env["UV_THREADPOOL_SIZE"] = "16";
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 60_000, pool: "forks", maxWorkers: 2 },
});
