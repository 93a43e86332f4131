/** Files: fetch, upload, delete. */
import { get, post, Refused } from "./client";
import type { AssetPage } from "./types";

export interface AssetFilter {
  folder: string;
  kind: string;
  text: string;
  job: string;
  subfolder: string;
}

export function fetchAssets(filter: Partial<AssetFilter>, cursor: string | null, limit = 100): Promise<AssetPage> {
  return get("/assets", { ...filter, cursor, limit });
}

export function deleteAssets(ids: string[]): Promise<unknown> {
  return post("/assets/delete", { ids });
}

export function zipUrl(ids: string[]): string {
  return `/api/console/assets/zip?ids=${ids.map(encodeURIComponent).join(",")}`;
}

/** Puts a file into the input folder; gives the name that a graph calls it by. */
export async function upload(file: File): Promise<string> {
  const form = new FormData();
  form.append("image", file, file.name);
  const response = await fetch("/upload/image", { method: "POST", body: form });
  if (!response.ok) {
    const problem = { code: "internal", message: `The file was refused (${response.status}).`, details: {} };
    throw new Refused(response.status, problem);
  }
  const stored = (await response.json()) as { name: string; subfolder: string };
  return stored.subfolder ? `${stored.subfolder}/${stored.name}` : stored.name;
}
