/** API keys: fetch, make and revoke them. */
import { get, post, remove } from "./client";

/** Times are milliseconds since the Unix epoch. */
export interface KeyView {
  id: string;
  name: string;
  /** A worker's key opens nothing but a worker's calls. */
  role: "client" | "worker";
  created_at: number;
  last_used_at: number | null;
  revoked_at: number | null;
}

export interface NewKey extends KeyView {
  /** The key itself, which the server tells only once. */
  key: string;
}

const ADDRESS = "/api/admin/keys";

export async function fetchKeys(): Promise<KeyView[]> {
  return (await get<{ keys: KeyView[] }>(ADDRESS)).keys;
}

/** On a server that was open, this browser is logged in with the key from then on. */
export async function makeKey(name: string): Promise<NewKey> {
  const open = await isOpen();
  const made = await post<NewKey>(ADDRESS, { name });
  if (open) await post("/api/auth/login", { api_key: made.key });
  return made;
}

/** Refused for the last one, unless that is meant. */
export function revokeKey(id: string, evenLast: boolean): Promise<unknown> {
  return remove(`${ADDRESS}/${encodeURIComponent(id)}${evenLast ? "?last=true" : ""}`);
}

/** Whether the server asks nobody for a key: then its login page leads on at once. */
async function isOpen(): Promise<boolean> {
  return (await fetch("/login", { redirect: "manual" })).type === "opaqueredirect";
}
