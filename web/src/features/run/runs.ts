/** The runs that this page ordered: how far each is, and what came out. */
import { computed, onScopeDispose, reactive, ref } from "vue";

import { cancelJobs, fetchJob } from "@/api/jobs";
import { listen, live } from "@/api/stream";
import type { JobDetail, Ordered, Status } from "@/api/types";
import { attempt } from "@/ui/attempt";

const ACTIVE = new Set<Status>(["queued", "running", "cancelling"]);
const LOOKED_AT_ONCE = 20;

export interface Run {
  id: string;
  /** What sets it apart from the others of its order. */
  label: string;
  status: Status;
  detail: JobDetail | undefined;
}

export function useRuns() {
  const ordered = ref<{ id: string; label: string }[]>([]);
  /** How many of them the newest order made. */
  const newest = ref(0);
  const details = reactive(new Map<string, JobDetail>());
  /** What was told of jobs, also before their order was answered. */
  const told = reactive(new Map<string, Status>());

  const runs = computed<Run[]>(() =>
    ordered.value.map((one) => {
      const detail = details.get(one.id);
      return { ...one, detail, status: detail?.card.status ?? told.get(one.id) ?? "queued" };
    }),
  );
  const active = computed(() => runs.value.filter((run) => ACTIVE.has(run.status)));
  const running = computed(() => active.value.find((run) => run.id in live.runs && run.detail) ?? null);
  const ended = computed(() => runs.value.filter((run) => run.detail && !ACTIVE.has(run.status)));
  const batch = computed(() => runs.value.slice(0, newest.value));

  async function load(id: string): Promise<void> {
    const found = await attempt(() => fetchJob(id));
    if (found) details.set(id, found);
  }

  async function follow(made: Ordered): Promise<void> {
    ordered.value = [...made.ids.map((id, index) => ({ id, label: made.labels[index] ?? "" })), ...ordered.value];
    newest.value = made.ids.length;
    const ahead = new Set(made.ids.filter((id) => told.has(id)).concat(made.ids.slice(0, LOOKED_AT_ONCE)));
    await Promise.all([...ahead].map(load));
  }

  async function cancelAll(): Promise<void> {
    await attempt(() => cancelJobs(active.value.map((run) => run.id)));
  }

  onScopeDispose(
    listen((news) => {
      if (!news) {
        for (const run of active.value.slice(0, LOOKED_AT_ONCE)) void load(run.id);
        return;
      }
      told.set(news.id, news.status);
      if (!news.deleted && ordered.value.some((one) => one.id === news.id)) void load(news.id);
    }),
  );
  return { active, running, ended, batch, follow, cancelAll };
}
