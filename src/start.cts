#!/usr/bin/env node
/**
 * The first file of the process. CommonJS, since loading any ES module already uses libuv's thread pool, whose size is
 * read at its first use: database, files and dns share it, and four threads are too few.
 */
const { env } = process;
env["UV_THREADPOOL_SIZE"] ??= "16";
// The SDK announces years ahead which Node it will need next: news for us, noise for an operator.
env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
void import("./main.ts");
