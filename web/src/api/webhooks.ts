/** Webhooks: their deliveries, another try, and the secrets that sign them. */
import { get, post } from "./client";

export type DeliveryStatus = "pending" | "delivered" | "failed";

/** Times are milliseconds since the Unix epoch. */
export interface Delivery {
  id: string;
  /** Null for what is told of a batch. */
  job_id: string | null;
  /** What is told: the state that the job came into. */
  job_state: string | null;
  /** The batch whose end is told. */
  batch_id: string | null;
  at: number;
  url: string;
  status: DeliveryStatus;
  attempts: number;
  next_at: number | null;
  ended_at: number | null;
  last_status: number | null;
  last_error: string | null;
}

export interface DeliveryTry {
  number: number;
  at: number;
  status: number | null;
  latency_ms: number | null;
  /** The beginning of what the target said. */
  answer: string;
  error: string | null;
}

export interface DeliveryStory extends Delivery {
  tries: DeliveryTry[];
  /** As it was sent last. */
  body: string | null;
}

/** It failed so often that it is left alone for a while. */
export interface RestingTarget {
  target: string;
  failures: number;
  until: number;
  waiting: number;
}

export interface DeliveryPage {
  deliveries: Delivery[];
  next: number | null;
  resting: RestingTarget[];
}

export interface WebhookSecret {
  secret: string;
  created_at: number;
  ends_at: number | null;
}

const ADDRESS = "/api/admin/webhooks";

export interface DeliveryFilter {
  status: DeliveryStatus | "";
  /** The id of a job; empty for every job. */
  job: string;
  /** A URL or a host; empty for every target. */
  target: string;
}

/** The newest first; `before` is the `next` of the page before. */
export function fetchDeliveries(filter: DeliveryFilter, before: number | null, limit: number): Promise<DeliveryPage> {
  return get(`${ADDRESS}/deliveries`, { ...filter, before, limit });
}

export function fetchDelivery(id: string): Promise<DeliveryStory> {
  return get(`${ADDRESS}/deliveries/${encodeURIComponent(id)}`);
}

export function sendAgain(id: string): Promise<Delivery> {
  return post(`${ADDRESS}/deliveries/${encodeURIComponent(id)}/resend`, {});
}

/** Those that sign now, the newest first. */
export async function fetchSecrets(): Promise<WebhookSecret[]> {
  return (await get<{ secrets: WebhookSecret[] }>(`${ADDRESS}/secrets`)).secrets;
}

/** The old one signs too for another day. */
export function rotateSecret(): Promise<WebhookSecret> {
  return post(`${ADDRESS}/secrets/rotate`, {});
}
