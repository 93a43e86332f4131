/** Which of many workers are shown. */
import type { WorkerView } from "@/api/types";

import { kindOf, warmModels, workerLook } from "./worker-words";

export interface WorkerFilter {
  /** As `workerLook` says it; null for all. */
  word: string | null;
  /** Part of a name, an address, a label, a loaded model, or a reason. */
  text: string;
}

/** How many there are of each word, as they come. */
export function countsOf(workers: WorkerView[]): [word: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { word } of workers.map(workerLook)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts];
}

export function foundIn(workers: WorkerView[], { word, text }: WorkerFilter): WorkerView[] {
  const wanted = text.trim().toLowerCase();
  return workers.filter((worker) => (word === null || workerLook(worker).word === word) && textOf(worker).includes(wanted));
}

function textOf(worker: WorkerView): string {
  const labels = Object.entries(worker.labels).map(([name, value]) => `${name}=${value}`);
  return [worker.id, kindOf(worker), ...labels, ...warmModels(worker), worker.reason ?? ""].join("\n").toLowerCase();
}
