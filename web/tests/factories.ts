/** Jobs, runs, workers and fields in each of their states. */
import type { KeyView } from "@/api/keys";
import type { AssetView, DeploymentInstance, DeploymentView, Field, JobCard, JobDetail, Live, RunningJob, Status, UsageDay, UsageTotal, WaitingJob, WorkerView } from "@/api/types";
import type { Delivery } from "@/api/webhooks";

export const NOW = Date.parse("2026-11-23T14:31:00Z");

export const STATUSES: Status[] = ["queued", "running", "cancelling", "completed", "error", "stalled", "cancelled", "expired"];
const BEGUN = new Set<Status>(["running", "cancelling", "completed", "error", "stalled"]);
const ENDED = new Set<Status>(["completed", "error", "stalled", "cancelled", "expired"]);

export function jobCard(status: Status = "completed", more: Partial<JobCard> = {}): JobCard {
  const begun = BEGUN.has(status);
  return {
    id: "abc12345-6789-4000-8000-000000000000",
    status,
    workflow_id: null,
    workflow_name: "Harbour",
    queued_at: NOW - 60_000,
    started_at: begun ? NOW - 59_000 : null,
    finished_at: ENDED.has(status) ? NOW - 10_000 : null,
    duration: begun && ENDED.has(status) ? 49 : null,
    prompt: "a harbour at dusk",
    preview: null,
    outputs_count: 0,
    input_image: null,
    attempt: 1,
    error: status === "error" ? "CUDA out of memory" : null,
    tags: [],
    ...more,
  };
}

export function picture(name = "harbour.png") {
  return { name, url: `/view?filename=${name}`, thumbnail: `/thumbnail?filename=${name}` };
}

export function live(more: Partial<Live> = {}): Live {
  return {
    id: jobCard().id, percent: 0, node_id: null, step: 0, total_steps: 0, nodes_done: 0, total_nodes: 3, cached_count: 0,
    step_rate: null, eta_seconds: null, started_at: NOW - 59_000, preview: 0, ...more,
  };
}

export function runningJob(more: Partial<RunningJob> = {}): RunningJob {
  return { card: jobCard("running"), live: live(), worker: "gpu0", node_titles: { "3": "KSampler" }, ...more };
}

export function waitingJob(more: Partial<WaitingJob> = {}): WaitingJob {
  return { card: jobCard("queued"), position: 1, eta_seconds: null, not_before: null, waiting_for: null, ...more };
}

export function jobDetail(status: Status = "completed", more: Partial<JobDetail> = {}): JobDetail {
  return {
    card: jobCard(status), parameters: [], outputs: [], attempts: [], error: null, output_directory: null, client_id: null,
    worker: null, graph: {}, extra_data: {}, waiting_for: null, starts_in_seconds: null, has_webhook: false, ...more,
  };
}

export function worker(status = "up", more: Partial<WorkerView> = {}): WorkerView {
  return {
    id: "gpu0", kind: "comfyui", url: "http://127.0.0.1:8188", status, reason: status === "down" ? "cannot connect" : null,
    last_seen_at: NOW, jobs: [], labels: {}, added: false, warm: [], devices: [], restarts: null, restart_reason: null,
    address: null, latency_ms: null, remote: false, ...more,
  };
}

export function field(type: string, more: Partial<Field> = {}): Field {
  return {
    id: "x", label: "Thing", type, required: false, value: null, tooltip: "", placeholder: "", advanced: false, multiline: false,
    min: null, max: null, step: null, options: [], image: null, presets: [], most: null, per_scene: [], ...more,
  };
}

export function asset(kind: AssetView["kind"] = "image", more: Partial<AssetView> = {}): AssetView {
  return {
    id: "a1", name: `thing.${kind}`, folder: "output", subfolder: "", kind, mime: `${kind}/x`, size: 2_400_000, created_at: NOW,
    job_id: jobCard().id, url: "/view?filename=thing", thumbnail: kind === "image" ? "/thumbnail?filename=thing" : null, width: null, height: null,
    duration_ms: null, ...more,
  };
}

export function apiKey(more: Partial<KeyView> = {}): KeyView {
  return { id: "k1", name: "laptop", tenant: "default", role: "client", created_at: NOW - 86_400_000, last_used_at: null, revoked_at: null, ...more };
}

export function usageTotal(more: Partial<UsageTotal> = {}): UsageTotal {
  return { name: "", jobs: 1, succeeded: 1, attempts: 1, gpu_seconds: 10, ...more };
}

/** Of the day of `NOW`. */
export function usageDay(more: Partial<UsageDay> = {}): UsageDay {
  return { ...usageTotal(), at: Date.UTC(2026, 10, 23), ...more };
}

export function instance(more: Partial<DeploymentInstance> = {}): DeploymentInstance {
  return {
    id: "instance-1", phase: "starting", since: NOW - 30_000, started_at: NOW - 30_000, ready_at: null, ended_at: null,
    reason: null, dials_in: false, where: null, jobs: [], ended_jobs: 0, ...more,
  };
}

export function deployment(more: Partial<DeploymentView> = {}): DeploymentView {
  return {
    id: "d1", name: "Portraits", workflow_id: "portraits", version: 2, newest_version: 2, readme: "", hardware: null, enabled: true,
    min_instances: 0, max_instances: 4, queue_size: 1, keep_warm: 60, waiting: 0, running: 0,
    wanted: null, why: null, instances: [], ended: [], created_at: NOW - 86_400_000, updated_at: NOW - 60_000,
    last_day: { starts: 0, failed: 0, needless: 0, cold_start_seconds: null, busy_seconds: 0, warm_seconds: 0 }, ...more,
  };
}

export function delivery(more: Partial<Delivery> = {}): Delivery {
  return {
    id: "msg_1", job_id: jobCard().id, job_state: "succeeded", batch_id: null, at: NOW - 60_000, url: "https://app.example/done", status: "pending",
    attempts: 0, next_at: NOW, ended_at: null, last_status: null, last_error: null, ...more,
  };
}
