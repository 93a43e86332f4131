/** What a report of usage says: names for ids, days in a row, time in units. */
import type { UsageBy } from "@/api/usage";
import type { UsageDay } from "@/api/types";
import { duration } from "@/ui/time";

const DAY_MS = 86_400_000;
const NAMELESS: Record<UsageBy, string> = {
  workflow: "graphs without a workflow", worker: "no worker", key: "without a key", tenant: "no tenant",
};
/** The server counts the reader's days as if they were those of UTC. */
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

/** Begins the name that the instances of a deployment share. */
const OF_DEPLOYMENT = "deployment/";

export type Measure = "gpu_seconds" | "jobs";

export interface Bar {
  label: string;
  value: number;
}

/** The name of what has this id; the id itself when it is gone. */
export function nameOf(by: UsageBy, id: string, known: Map<string, string>): string {
  if (!id.startsWith(OF_DEPLOYMENT)) return id ? (known.get(id) ?? id) : NAMELESS[by];
  const deployment = id.slice(OF_DEPLOYMENT.length);
  return `instances of ${known.get(deployment) ?? deployment}`;
}

export function amount(measure: Measure, value: number): string {
  if (measure === "gpu_seconds") return value ? duration(value) : "0 s";
  return `${value} ${value === 1 ? "job" : "jobs"}`;
}

/** As many days as were asked for, today last; one of which nothing is told used nothing. */
export function daily(days: UsageDay[], count: number, measure: Measure, now: number): Bar[] {
  const today = Math.floor((now - new Date(now).getTimezoneOffset() * 60_000) / DAY_MS);
  const sums = new Map<number, number>();
  for (const one of days) sums.set(one.at / DAY_MS, (sums.get(one.at / DAY_MS) ?? 0) + one[measure]);
  return Array.from({ length: count }, (_, index) => {
    const number = today - count + 1 + index;
    return { label: day.format(number * DAY_MS), value: sums.get(number) ?? 0 };
  });
}
