/** The queue and the workers: fetch and rearrange. */
import { get, post } from "./client";
import type { QueueView } from "./types";

export function fetchQueue(): Promise<QueueView> {
  return get("/queue");
}

/** Before another waiting job, or with null to the front. */
export function moveJobs(ids: string[], before: string | null): Promise<unknown> {
  return post("/queue/move", { ids, before });
}

/** One worker, or with null all of them. */
export function orderWorker(action: "pause" | "resume" | "drain", worker: string | null): Promise<unknown> {
  return post("/workers", { action, worker });
}
