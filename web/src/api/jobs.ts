/** Jobs: fetch and change them. */
import { get, post } from "./client";
import type { JobDetail, JobPage } from "./types";

export interface JobFilter {
  text: string;
  status: string;
  after: number | null;
  workflow?: string;
  deployment?: string;
  /** Of the deployment's requests. */
  tag?: string;
}

interface Changed {
  ids: string[];
}

export function fetchJobs(filter: JobFilter, cursor: string | null, limit = 50): Promise<JobPage> {
  return get("/jobs", { ...filter, cursor, limit });
}

export function fetchJob(id: string): Promise<JobDetail> {
  return get(`/jobs/${encodeURIComponent(id)}`);
}

export function deleteJobs(ids: string[]): Promise<Changed> {
  return post("/jobs/delete", { ids });
}

export function rerunJobs(ids: string[]): Promise<Changed> {
  return post("/jobs/rerun", { ids });
}

export function cancelJobs(ids: string[]): Promise<Changed> {
  return post("/jobs/cancel", { ids });
}

export function packageUrl(id: string): string {
  return `/api/console/jobs/${encodeURIComponent(id)}/package`;
}
