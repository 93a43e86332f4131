/** Deployments: fetch, make, change and delete them. */
import { get, post } from "./client";
import type { DeploymentOrder, Deployments } from "./types";

const ADDRESS = "/deployments";

export function fetchDeployments(): Promise<Deployments> {
  return get(ADDRESS);
}

/** A new one or, with an id, a change of one: what it does not name stays. */
export function orderDeployment(order: DeploymentOrder): Promise<unknown> {
  return post(ADDRESS, order);
}

export function deleteDeployment(id: string): Promise<unknown> {
  return post(`${ADDRESS}/delete`, { ids: [id] });
}
