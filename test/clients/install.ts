/**
 * Brings what the clients are run from into a cache outside of the tree: packages from their registries, and the small
 * programs, built. What is there already stays: delete the folder to have it anew.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "nearbucket-clients");
export const PROGRAMS = join(import.meta.dirname, "programs");

/** s3fs wants another botocore than the others, and DuckDB's extension is made for one version of DuckDB. */
const PIP = {
  python: [
    ...["awscli==1.46.3", "boto3==1.44.8", "minio==7.2.20", "obstore==0.12.1", "opendal==0.47.12", "polars==2.1.0"],
    ...["pyarrow==26.0.1", "s3torchconnectorclient==1.5.0"],
    ...["duckdb==1.5.5", "duckdb-extension-httpfs==1.5.5", "pytz==2026.6"],
  ],
  "python-s3fs": ["s3fs==2026.9.0"],
} as const;
const NPM = ["aws-sdk@2.1693.0", "bun@1.4.4", "minio@8.0.7"];
const DEBIAN = {
  aria2c: "aria2",
  aws: "awscli",
  chromium: "chromium",
  curl: "curl",
  fusermount: "fuse",
  java: "default-jdk-headless",
  mvn: "maven",
  ruby: "ruby-aws-sdk-s3",
  s3cmd: "s3cmd",
  s3fs: "s3fs",
  wget: "wget",
} as const;
/** Each is the name of a folder with a go.mod; s5cmd is built as it comes. */
const GO = { "aws-sdk-go": ".", "aws-sdk-go-v2": ".", "minio-go": ".", s5cmd: "github.com/peak/s5cmd/v2" } as const;

export function installClients(): void {
  mkdirSync(CACHE, { recursive: true });
  const missing = Object.entries(DEBIAN).filter(([program]) => !runs("which", program));
  if (missing.length > 0)
    must("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...missing.map(([, name]) => name)]);
  for (const [name, packages] of Object.entries(PIP))
    once(name, (folder) => {
      must("python3", ["-m", "venv", folder]);
      must(join(folder, "bin/python"), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
    });
  once("npm", (folder) => must("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, ...NPM]));
  for (const [name, what] of Object.entries(GO))
    once(`go/${name}`, (file) =>
      must("go", ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, what], {
        cwd: join(PROGRAMS, name),
        env: { ...process.env, CGO_ENABLED: "0" },
      }),
    );
  once("java", (folder) => {
    const words = ["-q", "-B", `-Dtarget=${folder}`, "package", "dependency:copy-dependencies"];
    must("mvn", [...words, `-DoutputDirectory=${folder}/libraries`], { cwd: join(PROGRAMS, "aws-sdk-java") });
  });
  once("rust", (folder) =>
    must("cargo", ["build", "--quiet", "-j1", "--target-dir", folder], { cwd: join(PROGRAMS, "rust") }),
  );
}

/** A virtual environment cannot be moved: a broken one is removed instead. */
function once(name: string, make: (path: string) => void): void {
  const path = join(CACHE, name);
  if (existsSync(path)) return;
  console.log(`installing ${name}`);
  try {
    make(path);
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

function must(
  program: string,
  words: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): void {
  const { status, error } = spawnSync("nice", ["-n", "19", program, ...words], { stdio: "inherit", ...options });
  if (status !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${status ?? error?.message}`);
}

function runs(program: string, ...words: string[]): boolean {
  return spawnSync(program, words, { stdio: "ignore" }).status === 0;
}
