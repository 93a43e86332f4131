/** The queue and the workers: fetch and rearrange. */
import { get, post, remove } from "./client";
import type { QueueView, WorkerView } from "./types";

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

/** Holds what waits back, or lets it go. */
export function orderTenant(action: "pause" | "resume", tenant: string): Promise<unknown> {
  return post("/tenants", { action, tenant });
}

export async function fetchWorkers(): Promise<WorkerView[]> {
  return (await get<{ workers: WorkerView[] }>("/workers")).workers;
}

/** The ComfyUI there need not be up yet. */
export function addWorker(url: string): Promise<unknown> {
  return post("/workers/add", { url });
}

export function removeWorker(id: string): Promise<unknown> {
  return remove(`/workers/${encodeURIComponent(id)}`);
}
