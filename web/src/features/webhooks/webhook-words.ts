/** What became of a delivery, in words. */
import type { Delivery, DeliveryStatus, DeliveryTry, RestingTarget } from "@/api/webhooks";
import type { IconName } from "@/ui/icons";
import { duration } from "@/ui/time";

export const LOOKS: Record<DeliveryStatus, { word: string; colour: string; icon: IconName }> = {
  pending: { word: "waits", colour: "text-queued border-queued", icon: "clock" },
  delivered: { word: "arrived", colour: "text-completed border-completed", icon: "check" },
  failed: { word: "given up", colour: "text-error border-error", icon: "cross" },
};

/** What is told, as the receiver reads it. */
export function subject(one: Delivery): string {
  return one.batch_id === null ? `job.${one.job_state ?? ""}` : "batch.ended";
}

/** Why it has not arrived, and when it is tried next. */
export function story(one: Delivery, now: number): string {
  if (one.status === "delivered") return one.attempts > 1 ? `after ${one.attempts} tries` : "";
  const why = one.last_error ?? "";
  if (one.status === "failed" || one.next_at === null) return why;
  const wait = one.next_at - now;
  const next = wait > 0 ? `Next try in ${duration(Math.ceil(wait / 1000))}.` : "Its next try is due.";
  return why ? `${why} ${next}` : next;
}

export function tryWords(one: DeliveryTry): string {
  return one.status === null ? (one.error ?? "") : `answered ${one.status} in ${one.latency_ms ?? 0} ms`;
}

export function restWords(one: RestingTarget, now: number): string {
  const left = Math.max(Math.ceil((one.until - now) / 1000), 0);
  const waiting = one.waiting === 1 ? "1 delivery waits" : `${one.waiting} deliveries wait`;
  return `${one.target} has failed ${one.failures} times in a row: ${waiting}, and it is tried again in ${duration(left)}.`;
}

/** The body for a reader; as it is when it is no JSON. */
export function indented(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
