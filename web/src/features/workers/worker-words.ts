/** How a worker is, in words and colours. */
import type { WorkerView } from "@/api/types";
import { bytes } from "@/ui/amounts";

export interface WorkerLook {
  word: string;
  /** Of the dot beside it. */
  dot: string;
  /** Of the word. */
  text: string;
}

const TROUBLED: WorkerLook = { word: "", dot: "bg-stalled", text: "text-stalled" };

export function workerLook(worker: WorkerView): WorkerLook {
  switch (worker.status) {
    case "up":
      return worker.jobs.length
        ? { word: "works", dot: "bg-running", text: "text-running" }
        : { word: "idle", dot: "bg-completed", text: "text-completed" };
    case "down":
    case "quarantined":
      return { word: worker.status, dot: "bg-error", text: "text-error" };
    default:
      return { ...TROUBLED, word: worker.status };
  }
}

/** `12.4 of 24 GB`, for each device that tells; with how full it is. */
export function memoryOf(worker: WorkerView): { name: string; words: string; percent: number }[] {
  return (worker.devices ?? []).flatMap((device) => {
    if (!device.memory_total) return [];
    const used = device.memory_total - (device.memory_free ?? device.memory_total);
    return [{
      name: device.name,
      words: `${bytes(used)} of ${bytes(device.memory_total)}`,
      percent: Math.round((used / device.memory_total) * 100),
    }];
  });
}

/** File names without folders and endings, as people call models. */
export function warmModels(worker: WorkerView): string[] {
  return (worker.warm ?? []).map((file) => file.replace(/^.*[/\\]/, "").replace(/\.[a-z0-9]+$/i, ""));
}

/** The built-in engine, or where the ComfyUI is. The address that a worker elsewhere has for its ComfyUI leads nowhere here. */
export function kindOf(worker: WorkerView): string {
  if (worker.remote) return worker.address ? `from ${worker.address}${pingOf(worker)}` : "on another machine";
  return worker.kind === "cpu" ? "built-in engine" : [worker.kind, worker.url].filter(Boolean).join(" ");
}

function pingOf(worker: WorkerView): string {
  return worker.latency_ms == null ? "" : ` (${Math.round(worker.latency_ms)} ms)`;
}
