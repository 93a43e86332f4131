/** Tenants, as their operator sees and steers them. */
import { get, patch, post } from "./client";

export interface Tenant {
  id: string;
  /** Jobs that wait or run. */
  active: number;
  paused: boolean;
  /** Valid ones of clients. */
  keys: number;
  /** Null for no limit of its own. */
  max_running: number | null;
  max_waiting: number | null;
}

export type TenantLimits = Partial<Pick<Tenant, "max_running" | "max_waiting">>;

const ADDRESS = "/api/admin/tenants";

/** Those that the caller may steer. */
export async function fetchTenants(): Promise<Tenant[]> {
  return (await get<{ tenants: Tenant[] }>(ADDRESS)).tenants;
}

export function pauseTenant(id: string): Promise<Tenant> {
  return post(`${ADDRESS}/${encodeURIComponent(id)}/pause`, {});
}

export function resumeTenant(id: string): Promise<Tenant> {
  return post(`${ADDRESS}/${encodeURIComponent(id)}/resume`, {});
}

export function limitTenant(id: string, limits: TenantLimits): Promise<Tenant> {
  return patch(`${ADDRESS}/${encodeURIComponent(id)}`, limits);
}
