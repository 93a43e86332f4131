/** Files: fetch, upload, delete. */
import { get, post, Refused } from "./client";
import type { AssetPage } from "./types";

export interface AssetFilter {
  folder: string;
  kind: string;
  text: string;
  job: string;
  subfolder: string;
  workflow: string;
  after: number | null;
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
export function upload(file: File): Promise<string> {
  const form = new FormData();
  form.append("image", file, file.name);
  return stored("/upload/image", form);
}

/** Puts the picture with the transparency of `mask` beside it, where ComfyUI's mask editor does. */
export function uploadMask(mask: Blob, picture: { filename: string; subfolder: string; type: string }): Promise<string> {
  const form = new FormData();
  form.append("image", mask, `clipspace-mask-${Date.now()}.png`);
  form.append("original_ref", JSON.stringify(picture));
  form.append("type", "input");
  form.append("subfolder", "clipspace");
  return stored("/upload/mask", form);
}

async function stored(path: string, form: FormData): Promise<string> {
  const response = await fetch(path, { method: "POST", body: form });
  if (!response.ok) {
    const problem = { code: "internal", message: `The file was refused (${response.status}).`, details: {} };
    throw new Refused(response.status, problem);
  }
  const file = (await response.json()) as { name: string; subfolder: string };
  return file.subfolder ? `${file.subfolder}/${file.name}` : file.name;
}
