/** How far several runs are together. */
import type { Status } from "@/api/types";

export interface Tally {
  total: number;
  done: number;
  failed: number;
  stopped: number;
  left: number;
  percent: number;
}

export function tally(runs: { id: string; status: Status }[], percentOf: (id: string) => number): Tally {
  const count = (...of: Status[]) => runs.filter((run) => of.includes(run.status)).length;
  const left = count("queued", "running", "cancelling");
  const partly = runs.filter((run) => run.status === "running").reduce((sum, run) => sum + percentOf(run.id) / 100, 0);
  return {
    total: runs.length,
    done: count("completed"),
    failed: count("error", "stalled", "expired"),
    stopped: count("cancelled"),
    left,
    percent: runs.length ? Math.floor(((runs.length - left + partly) / runs.length) * 100) : 0,
  };
}

/** Only what there is: `3 of 12 done`, `1 failed`, `8 left`. */
export function batchWords(one: Tally): string[] {
  return [
    `${one.done} of ${one.total} done`,
    one.failed ? `${one.failed} failed` : "",
    one.stopped ? `${one.stopped} cancelled` : "",
    one.left ? `${one.left} left` : "",
  ].filter(Boolean);
}
