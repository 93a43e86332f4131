/** The finished jobs that were loaded so far, newest first, kept in step with the server. */
import { computed, ref, shallowRef } from "vue";

import { fetchJobs, type JobFilter } from "@/api/jobs";
import type { JobCard } from "@/api/types";

const PAGE = 60;

export function useJobList(filter: () => JobFilter) {
  const jobs = shallowRef<JobCard[]>([]);
  const next = ref<string | null>(null);
  const loaded = ref(false);
  const ids = computed(() => jobs.value.map((job) => job.id));
  let loading = false;
  let generation = 0;
  /** Whether more than the first page was asked for. */
  let deeper = false;

  /** Looks at the first page again; nothing is drawn anew unless ids or statuses differ. */
  async function refresh(): Promise<void> {
    const current = generation;
    const page = await fetchJobs(filter(), null, PAGE);
    if (current !== generation) return;
    const fresh = mergedWith(page.jobs, page.next);
    loaded.value = true;
    if (mark(fresh) !== mark(jobs.value)) jobs.value = fresh;
  }

  /** What was loaded behind the first page stays behind it. */
  function mergedWith(first: JobCard[], cursor: string | null): JobCard[] {
    const last = first.at(-1);
    if (cursor === null || !deeper) {
      next.value = cursor;
      return first;
    }
    const known = new Set(first.map((job) => job.id));
    return [...first, ...jobs.value.filter((job) => !known.has(job.id) && (!last || job.queued_at <= last.queued_at))];
  }

  async function more(): Promise<void> {
    if (loading || next.value === null) return;
    loading = true;
    const current = generation;
    try {
      const page = await fetchJobs(filter(), next.value, PAGE);
      if (current !== generation) return;
      const known = new Set(ids.value);
      jobs.value = [...jobs.value, ...page.jobs.filter((job) => !known.has(job.id))];
      next.value = page.next;
      deeper = true;
    } finally {
      loading = false;
    }
  }

  async function restart(): Promise<void> {
    generation += 1;
    jobs.value = [];
    next.value = null;
    deeper = false;
    loaded.value = false;
    await refresh();
  }

  function drop(gone: string[]): void {
    const away = new Set(gone);
    jobs.value = jobs.value.filter((job) => !away.has(job.id));
  }

  return { jobs, ids, loaded, next, refresh, more, restart, drop };
}

function mark(jobs: JobCard[]): string {
  return jobs.map((job) => `${job.id} ${job.status}`).join("\n");
}
