/** Requests to the server: JSON in, JSON out, refusals as errors that can be shown. */
import type { Problem } from "./types";

/** Of the paths that do not say which API they belong to. */
const PREFIX = "/api/console";

export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.message);
  }
}

export type Query = Record<string, string | number | null | undefined>;

export async function get<T>(path: string, query: Query = {}): Promise<T> {
  return answer<T>(await fetch(address(path) + search(query)));
}

export async function post<T>(path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return answer<T>(await fetch(address(path), { method: "POST", headers, body: JSON.stringify(body) }));
}

export async function patch<T>(path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return answer<T>(await fetch(address(path), { method: "PATCH", headers, body: JSON.stringify(body) }));
}

export async function remove<T>(path: string): Promise<T> {
  return answer<T>(await fetch(address(path), { method: "DELETE" }));
}

export async function send<T>(path: string, file: Blob, query: Query = {}): Promise<T> {
  return answer<T>(await fetch(address(path) + search(query), { method: "POST", body: file }));
}

export function search(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : "";
}

/** What went wrong, in words for a person. */
export function reason(error: unknown): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof TypeError) return "The server does not answer.";
  return error instanceof Error ? error.message : String(error);
}

function address(path: string): string {
  return path.startsWith("/api/") ? path : PREFIX + path;
}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  if (response.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  throw new Refused(response.status, await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem;
  } catch {
    return { code: "internal", message: `The server answered ${response.status}.`, details: {} };
  }
}
