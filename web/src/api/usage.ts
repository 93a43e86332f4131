/** What was used of the workers. */
import { get } from "./client";
import type { UsageView } from "./types";

export type UsageBy = "workflow" | "worker" | "key" | "tenant";

/**
 * The last `days` days, today among them, as days are where the reader is: of a tenant, or with an
 * empty one of what the caller sees itself.
 */
export function fetchUsage(by: UsageBy, days: number, tenant = ""): Promise<UsageView> {
  return get("/usage", { by, days, tenant, utc_offset: -new Date().getTimezoneOffset() });
}
