/** Workflows: the gallery, forms, runs. */
import { get, post, send } from "./client";
import type { Form, Order, Ordered, WorkflowCard } from "./types";

export async function fetchWorkflows(): Promise<WorkflowCard[]> {
  return (await get<{ workflows: WorkflowCard[] }>("/workflows")).workflows;
}

export function fetchForm(id: string): Promise<Form> {
  return get(`/workflows/${encodeURIComponent(id)}`);
}

export function readFile(file: File): Promise<Form> {
  return send("/workflow-file", file, { name: file.name });
}

export function runForm(order: Order): Promise<Ordered> {
  return post("/run", order);
}

export function saveWorkflow(name: string, form: Form, values: Record<string, unknown>): Promise<{ ids: string[] }> {
  return post("/workflows", { name, graph: form.graph, values, workflow: form.workflow, library_id: form.library_id });
}
