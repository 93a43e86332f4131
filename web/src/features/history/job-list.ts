/** The finished jobs that were loaded so far, newest first, kept in step with the server. */
import { fetchJobs, type JobFilter } from "@/api/jobs";
import type { JobCard } from "@/api/types";
import { usePagedList } from "@/ui/paged-list";

const PAGE = 60;

export function useJobList(filter: () => JobFilter) {
  const { rows, ...list } = usePagedList<JobCard, string>(
    async (after) => {
      const page = await fetchJobs(filter(), after, PAGE);
      return { rows: page.jobs, next: page.next };
    },
    (job) => job.queued_at,
    (job) => job.status,
  );
  return { jobs: rows, ...list };
}
