/** Something done to many objects: how far it is, what failed, and a way to stop it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Fault } from "../../../wire/fault.ts";

export interface Failure {
  readonly key: string;
  readonly fault: Fault;
}

export interface Tally {
  readonly done: number;
  readonly failed: number;
  /** The first of them. */
  readonly failures: readonly Failure[];
}

export interface Run {
  readonly signal: AbortSignal;
  /** Adds to the tally. */
  readonly add: (done: number, failures: readonly Failure[]) => void;
}

export interface Task {
  readonly state: "idle" | "running" | "over";
  readonly tally: Tally;
  readonly isStopped: boolean;
  /** What ended it early. */
  readonly fault: Fault | undefined;
  readonly start: (work: (run: Run) => Promise<Fault | undefined>) => void;
  /** What has begun is finished. */
  readonly stop: () => void;
}

/** Failures that are kept to be shown. */
const SHOWN = 20;
export const NOTHING_DONE: Tally = { done: 0, failed: 0, failures: [] };

/** It stops when what shows it goes. */
export function useTask(): Task {
  const [state, setState] = useState<Task["state"]>("idle");
  const [tally, setTally] = useState(NOTHING_DONE);
  const [fault, setFault] = useState<Fault>();
  const [isStopped, setStopped] = useState(false);
  const controller = useRef(new AbortController());
  const stop = () => {
    controller.current.abort();
    setStopped(true);
  };
  useEffect(() => () => controller.current.abort(), []);
  const start: Task["start"] = (work) => {
    setState("running");
    const { signal } = controller.current;
    const add: Run["add"] = (done, failures) => setTally((before) => added(before, done, failures));
    void work({ signal, add }).then((ended) => {
      if (!signal.aborted) setFault(ended);
      setState("over");
    });
  };
  return { state, tally, isStopped, fault, start, stop };
}

export function added(before: Tally, done: number, failures: readonly Failure[]): Tally {
  return {
    done: before.done + done,
    failed: before.failed + failures.length,
    failures: [...before.failures, ...failures].slice(0, SHOWN),
  };
}
