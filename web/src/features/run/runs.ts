/** The runs that this page ordered: how far each is, and what came out. */
import { computed, onScopeDispose, ref } from "vue";

import { cancelJobs, fetchJob } from "@/api/jobs";
import { listen, live } from "@/api/stream";
import type { JobDetail } from "@/api/types";
import { attempt } from "@/ui/attempt";

const ACTIVE = ["queued", "running", "cancelling"];

export function useRuns() {
  const ids = ref<string[]>([]);
  const details = ref<Record<string, JobDetail>>({});

  const ordered = computed(() => ids.value.map((id) => details.value[id]).filter((job) => job !== undefined));
  const active = computed(() => ordered.value.filter((job) => ACTIVE.includes(job.card.status)));
  const running = computed(() => active.value.find((job) => job.card.id in live.runs) ?? null);
  const ended = computed(() => ordered.value.filter((job) => !ACTIVE.includes(job.card.status)));

  async function load(id: string): Promise<void> {
    const found = await attempt(() => fetchJob(id));
    if (found) details.value = { ...details.value, [id]: found };
  }

  async function follow(started: string[]): Promise<void> {
    ids.value = [...started, ...ids.value];
    await Promise.all(started.map(load));
  }

  async function cancelAll(): Promise<void> {
    await attempt(() => cancelJobs(active.value.map((job) => job.card.id)));
  }

  onScopeDispose(
    listen((news) => {
      const wanted = news ? ids.value.filter((id) => id === news.id) : active.value.map((job) => job.card.id);
      for (const id of wanted) if (!news?.deleted) void load(id);
    }),
  );
  return { ordered, active, running, ended, follow, cancelAll };
}
