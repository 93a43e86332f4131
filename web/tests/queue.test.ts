import { describe, expect, it } from "vitest";

import type { TenantView } from "@/api/types";
import { progressWords, waitWords } from "@/features/queue/run-words";
import RunningCard from "@/features/queue/RunningCard.vue";
import TenantPauses from "@/features/queue/TenantPauses.vue";
import WaitingRow from "@/features/queue/WaitingRow.vue";
import WorkersStrip from "@/features/queue/WorkersStrip.vue";
import { memoryOf, warmModels, workerLook } from "@/features/workers/worker-words";
import WorkerCard from "@/features/workers/WorkerCard.vue";

import { jobCard, live, runningJob, waitingJob, worker } from "./factories";
import { show } from "./mounting";

describe("a job that runs", () => {
  it("says its node, and that it starts before any is known", () => {
    const at = (node_id: string | null) => show(RunningCard, { job: runningJob({ live: live({ node_id }) }) }).get("[data-testid=node]").text();
    expect([at(null), at("3"), at("8")]).toEqual(["Starting", "KSampler", "Node 8"]);
  });

  it("has a bar without a number until something is measured", () => {
    const bar = (more: object) => show(RunningCard, { job: runningJob({ live: live(more) }) }).get("[role=progressbar]").attributes("aria-valuenow");
    expect([bar({}), bar({ percent: 45 })]).toEqual([undefined, "45"]);
  });

  it("says only what is known of its progress", () => {
    expect(progressWords(live())).toEqual(["0 %"]);
    expect(progressWords(live({ percent: 99, eta_seconds: 0 }))).toEqual(["99 %"]);
    expect(progressWords(live({ percent: 45, step: 15, total_steps: 30, eta_seconds: 25, step_rate: 1.2, cached_count: 2 }))).toEqual([
      "45 %", "Step 15/30", "25 s left", "1.2 it/s", "2 from the cache",
    ]);
  });

  it("cannot be cancelled twice", () => {
    const job = runningJob({ card: jobCard("cancelling") });
    expect(show(RunningCard, { job }).findAll("button").at(-1)!.attributes("disabled")).toBe("");
  });
});

describe("a job that waits", () => {
  const row = (more: object) => show(WaitingRow, { job: waitingJob(more), selected: false, first: false, dropping: false });

  it.each([[0, "soon"], [90, "in ~1 m 30 s"]])("in %i seconds says %s", (eta_seconds, words) => {
    expect(row({ eta_seconds }).text()).toContain(words);
  });

  it("that no worker can run says why, and promises no time", () => {
    const shown = row({ waiting_for: "model x.safetensors", eta_seconds: 0 });
    expect(shown.get("[data-testid=waiting-for]").text()).toContain("model x.safetensors");
    expect(shown.text()).not.toContain("soon");
  });

  it("in a paused queue does not blame the workers", () => {
    expect(waitWords("the queue to be resumed")).toBe("Waits for the queue to be resumed.");
  });

  it("whose files are being fetched says where they come from", () => {
    expect(waitWords("inputs: example.com/film.mp4 and 2 more")).toBe("Fetches its inputs: example.com/film.mp4 and 2 more");
  });

  it("moves with the keys and by its buttons", async () => {
    const shown = row({});
    await shown.get("button[title^=Drag]").trigger("keydown", { key: "ArrowUp" });
    await shown.get("button[title^=Drag]").trigger("keydown", { key: "ArrowDown" });
    await shown.get("button[title=Cancel]").trigger("click");
    expect(["earlier", "later", "cancel"].map((name) => shown.emitted(name)?.length)).toEqual([1, 1, 1]);
  });
});

describe("the tenants", () => {
  const tenant = (more: Partial<TenantView> = {}): TenantView => ({ id: "default", active: 3, paused: false, own: true, ...more });

  it("show nothing where there is one and it is not paused", () => {
    expect(show(TenantPauses, { tenants: [tenant()] }).text()).toBe("");
  });

  it("say that the queue is paused, and let it go", async () => {
    const shown = show(TenantPauses, { tenants: [tenant({ paused: true })] });
    expect(shown.get("[role=status]").text()).toContain("none starts until it is resumed");
    await shown.get("button").trigger("click");
    expect(shown.emitted("order")).toEqual([["resume", "default"]]);
  });

  it("are paused one by one by who may", async () => {
    const others = [tenant({ id: "school", own: false, active: 1 }), tenant({ id: "studio", own: false, paused: true })];
    const shown = show(TenantPauses, { tenants: [tenant(), ...others] });
    expect(shown.findAll("[data-tenant]").map((one) => one.text())).toEqual(["school1 job", "studiopaused, 3 jobs"]);
    for (const button of shown.findAll("button")) await button.trigger("click");
    expect(shown.emitted("order")).toEqual([["pause", "school"], ["resume", "studio"]]);
  });
});

describe("a worker", () => {
  it.each([
    ["up", [], "idle"], ["up", ["j"], "works"], ["down", [], "down"], ["quarantined", [], "quarantined"], ["paused", [], "paused"],
    ["draining", [], "draining"], ["starting", [], "starting"],
  ])("that is %s with %j is called %s", (status, jobs, word) => {
    expect(workerLook(worker(status, { jobs })).word).toBe(word);
  });

  it("shows its memory, and its models without folders and endings", () => {
    const one = worker("up", {
      devices: [{ name: "RTX 4090", memory_total: 24e9, memory_free: 12e9 }, { name: "cpu", memory_total: null, memory_free: null }],
      warm: ["wan/wan2.2_5B_fp16.safetensors"],
    });
    expect(memoryOf(one)).toEqual([{ name: "RTX 4090", words: "12 GB of 24 GB", percent: 50 }]);
    expect(warmModels(one)).toEqual(["wan2.2_5B_fp16"]);
    const strip = show(WorkersStrip, { workers: [one] });
    for (const words of ["12 GB of 24 GB", "warm: wan2.2_5B_fp16"]) expect(strip.text()).toContain(words);
  });

  it.each(["paused", "draining", "quarantined"])("that is %s is put to work again", async (status) => {
    const card = show(WorkerCard, { worker: worker(status) });
    await card.findAll("button").find((one) => one.text() === "Resume")!.trigger("click");
    expect(card.emitted("order")).toEqual([["resume"]]);
  });

  it("is removed only when it was added, and says why it is down", () => {
    expect(show(WorkerCard, { worker: worker("down") }).text()).toContain("cannot connect");
    const removable = (added: boolean) => show(WorkerCard, { worker: worker("up", { added }) }).find("button[title=Remove]").exists();
    expect([removable(false), removable(true)]).toEqual([false, true]);
  });

  it("whose ComfyUI is the server's own says how often that was started anew", () => {
    expect(show(WorkerCard, { worker: worker() }).text()).not.toContain("Restarts");
    expect(show(WorkerCard, { worker: worker("up", { restarts: 0 }) }).text()).toContain("Restartsnone");
    const anew = show(WorkerCard, { worker: worker("up", { restarts: 2, restart_reason: "CUDA error" }) });
    for (const words of ["2", "CUDA error"]) expect(anew.text()).toContain(words);
  });

  it("that works stands before those that do not, which are scrolled to", () => {
    const fleet = [worker("down", { id: "a" }), worker("up", { id: "b" }), worker("up", { id: "c", jobs: ["j"] })];
    const strip = show(WorkersStrip, { workers: fleet });
    expect(strip.findAll("[data-worker]").map((one) => one.attributes("data-worker"))).toEqual(["c", "b", "a"]);
  });

  it("on another machine says where it connects from, and how long a ping takes", () => {
    const words = (more: object) => show(WorkerCard, { worker: worker("up", { kind: "remote", remote: true, ...more }) }).text();
    expect(words({ address: "10.0.0.5", latency_ms: 12.4 })).toContain("from 10.0.0.5 (12 ms)");
    expect(words({ address: null })).toContain("on another machine");
  });

  it("of none, the strip says that jobs wait", () => {
    expect(show(WorkersStrip, { workers: [] }).text()).toContain("jobs wait until one comes");
  });
});
