/**
 * An ext4 file system on a loop device whose power can be cut: what was not synced is lost, as on a disk that honours
 * flushes. Needs Linux, root and loop devices.
 */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, vi } from "vitest";
import { describeWith, neededProgram } from "./programs.ts";
import { onPath, run } from "./run.ts";

export interface LoopDisk extends AsyncDisposable {
  /** The mount point. */
  readonly directory: string;
  /**
   * From now on nothing is written to the disk, not even its journal, and every sync fails. `stopped`: the processes that
   * lose power with it get SIGSTOP just before, because a sync that is under way may return 0 although the cut has
   * aborted its commit.
   */
  cut(stopped: readonly number[]): Promise<void>;
  /** Mounts the disk again with the state at the cut. No process may use it. */
  restore(): Promise<void>;
  /** Leaves an empty directory in its place. Files that are open stay usable until they are closed. */
  unmount(): Promise<void>;
  /** Puts it back. */
  mount(): Promise<void>;
}

/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. */
const SHUTDOWN = `
import fcntl, os, signal, struct, sys
disk = os.open(sys.argv[1], os.O_RDONLY)
for pid in sys.argv[2:]:
    os.kill(int(pid), signal.SIGSTOP)
fcntl.ioctl(disk, 0x8004587d, struct.pack("I", 2))
`;

const PROGRAMS = ["mkfs.ext4", "mount", "umount", "python3"];

/**
 * `describe` on a machine that can mount loop devices. On any other machine (not Linux, not root, a container without loop
 * devices) the tests are skipped with a message on standard error, also where a missing program is a failure.
 */
export function describeOnLoopDisk(title: string, body: () => void): void {
  if (canMount()) {
    describeWith(PROGRAMS, title, body);
    return;
  }
  process.stderr.write(`SKIPPED ${title}: because it needs root and loop devices\n`);
  describe.skip(`${title} (it needs root and loop devices)`, body);
}

function canMount(): boolean {
  const [losetup] = onPath("losetup");
  const isRoot = process.getuid?.() === 0;
  return isRoot && losetup !== undefined && spawnSync(losetup, ["--find"], { stdio: "ignore" }).status === 0;
}

/** Opens an empty disk of `bytes`. */
export async function openLoopDisk(bytes: number): Promise<LoopDisk> {
  const place = await mkdtemp(join(tmpdir(), "nearbucket-loop-"));
  const image = join(place, "image");
  const directory = join(place, "disk");
  await mkdir(directory);
  await run(neededProgram("mkfs.ext4"), ["-q", "-F", "-m", "0", image, `${Math.ceil(bytes / 1024)}k`]);
  const mount = async () => void (await run(neededProgram("mount"), ["-o", "loop", image, directory]));
  const unmount = async (...options: string[]) => void (await run(neededProgram("umount"), [...options, directory]));
  await mount();
  return {
    directory,
    cut: async (stopped) =>
      void (await run(neededProgram("python3"), ["-c", SHUTDOWN, directory, ...stopped.map(String)])),
    async restore() {
      await unmount();
      await mount();
    },
    unmount: () => unmount("--lazy"),
    mount,
    async [Symbol.asyncDispose]() {
      // Its files are closed by threads, a moment after who had them open said so.
      await vi.waitFor(() => unmount(), { timeout: 10_000, interval: 50 });
      await rm(place, { recursive: true, force: true });
    },
  };
}
