/** What was used of the workers. */
import { get } from "./client";
import type { UsageView } from "./types";

export type UsageBy = "workflow" | "worker" | "key" | "tenant";

/** The last `days` days, today among them, as days are where the reader is. */
export function fetchUsage(by: UsageBy, days: number): Promise<UsageView> {
  return get("/usage", { by, days, utc_offset: -new Date().getTimezoneOffset() });
}
