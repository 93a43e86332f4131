/** API keys: fetch, make and revoke them. */
import { get, post, remove } from "./client";

/** Times are milliseconds since the Unix epoch. */
export interface KeyView {
  id: string;
  name: string;
  tenant: string;
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

export interface KeyList {
  keys: KeyView[];
  /** Whether the caller may make keys of other tenants. */
  operator: boolean;
}

/** The keys of every tenant that the caller may see. */
export function fetchKeyList(): Promise<KeyList> {
  return get(ADDRESS, { tenant: "*" });
}

export async function fetchKeys(): Promise<KeyView[]> {
  return (await fetchKeyList()).keys;
}

/** On a server that was open, this browser is logged in with the key from then on. */
export async function makeKey(name: string, tenant: string | null = null): Promise<NewKey> {
  const open = await isOpen();
  const made = await post<NewKey>(ADDRESS, tenant === null ? { name } : { name, tenant });
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
