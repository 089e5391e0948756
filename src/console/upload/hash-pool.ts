/** Workers that hash, so that the page stays free. Parts that are about to be sent come before whole files. */
import { done, type Fault, failed, type Result } from "../wire/fault.ts";
import { type FromWorker, SLICE_BYTES, type ToWorker } from "./hash-messages.ts";

export interface HashPool {
  /** Whether a worker is free for another whole file of that size. */
  hasRoomFor(size: number): boolean;
  /** Hex sha256. Runs at once, however busy the workers are. Faults: Unreadable, NoHashing, Aborted. */
  hash(blob: Blob, signal: AbortSignal, onProgress?: (hashed: number) => void): Promise<Result<string>>;
}

interface Job {
  readonly load: number;
  readonly settle: (answer: Result<string>) => void;
  readonly onProgress: ((hashed: number) => void) | undefined;
}

interface Crew {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
}

/** Small files are read side by side: one alone would wait for each of its reads. */
const FULL_LOAD = 8;

export function openHashPool(size = workersFor(navigator.hardwareConcurrency)): HashPool {
  const crews: Crew[] = [];
  let last = 0;
  const freest = () => {
    // Workers begin with the first file, not with the page.
    while (crews.length < size) crews.push(startCrew());
    return leastBusy(crews);
  };
  return {
    hasRoomFor: (bytes) => loadOf(freest()) + loadFor(bytes) <= FULL_LOAD,
    hash(blob, signal, onProgress) {
      const { worker, jobs } = freest();
      last += 1;
      const id = last;
      return new Promise((resolve) => {
        const stop = () => settle(failed({ code: "Aborted", message: "It was stopped.", status: 0 }));
        const settle = (answer: Result<string>) => {
          jobs.delete(id);
          signal.removeEventListener("abort", stop);
          if (signal.aborted) worker.postMessage({ id, cancel: true } satisfies ToWorker);
          resolve(answer);
        };
        if (signal.aborted) return stop();
        signal.addEventListener("abort", stop);
        jobs.set(id, { load: loadFor(blob.size), settle, onProgress });
        worker.postMessage({ id, blob } satisfies ToWorker);
      });
    },
  };
}

/** One core stays free for the page, and more than three outrun any disk. */
export function workersFor(cores: number): number {
  return Math.min(3, Math.max(1, cores - 1));
}

function startCrew(): Crew {
  const worker = new Worker(new URL("./hash-worker.ts", import.meta.url), { type: "module" });
  const jobs = new Map<number, Job>();
  worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
    const job = jobs.get(data.id);
    if (job === undefined) return;
    if ("hashed" in data) job.onProgress?.(data.hashed);
    else if ("digest" in data) job.settle(done(data.digest));
    else job.settle(failed(unreadable(data.unreadable)));
  });
  worker.addEventListener("error", () => {
    for (const job of jobs.values()) job.settle(failed(NO_HASHING));
  });
  return { worker, jobs };
}

const NO_HASHING: Fault = {
  code: "NoHashing",
  message: "This browser did not start the part of the console that reads files. Load the page again.",
  status: 0,
};

export function unreadable(reason: string): Fault {
  return {
    code: "Unreadable",
    message: `The file cannot be read. If it was changed or moved, choose it again. (${reason})`,
    status: 0,
  };
}

function leastBusy(crews: readonly Crew[]): Crew {
  return crews.reduce((least, crew) => (loadOf(crew) < loadOf(least) ? crew : least));
}

function loadOf({ jobs }: Crew): number {
  return [...jobs.values()].reduce((sum, { load }) => sum + load, 0);
}

function loadFor(bytes: number): number {
  return bytes > SLICE_BYTES ? FULL_LOAD : 1;
}
