/** Deployments: fetch, make, change and delete them. */
import { get, post, remove } from "./client";
import type { DeploymentEdit, DeploymentList, DeploymentOrder } from "./types";

const ADDRESS = "/deployments";

export function fetchDeployments(): Promise<DeploymentList> {
  return get(ADDRESS);
}

export function makeDeployment(order: DeploymentOrder): Promise<unknown> {
  return post(ADDRESS, order);
}

/** What the edit does not name stays. */
export function changeDeployment(id: string, edit: DeploymentEdit): Promise<unknown> {
  return post(`${ADDRESS}/${encodeURIComponent(id)}`, edit);
}

export function removeDeployment(id: string): Promise<unknown> {
  return remove(`${ADDRESS}/${encodeURIComponent(id)}`);
}
