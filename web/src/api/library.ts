/** The library of workflows: fetch and change it. */
import { get, post, send } from "./client";
import type { LibraryEntry } from "./types";

export async function fetchLibrary(): Promise<LibraryEntry[]> {
  return (await get<{ entries: LibraryEntry[] }>("/library")).entries;
}

export function keepFile(file: File): Promise<{ ids: string[] }> {
  return send("/library", file, { name: file.name });
}

export function renameWorkflow(id: string, name: string): Promise<unknown> {
  return post("/library/rename", { id, name });
}

export function deleteWorkflow(id: string): Promise<unknown> {
  return post("/library/delete", { ids: [id] });
}

/** Its files by name: one in API format, or one that the editor reads. */
export async function exportWorkflow(id: string, form: "api" | "ui"): Promise<Record<string, string>> {
  const response = await fetch(`/api/admin/library/workflows/${encodeURIComponent(id)}/export?to=${form}`);
  const answer = (await response.json()) as { files?: Record<string, string> };
  if (!answer.files) throw new Error("This workflow cannot be exported in that form.");
  return answer.files;
}
