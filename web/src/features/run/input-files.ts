/** How a graph names a file, `folder/name.png [output]`, and where to find it. */
export interface InputFile {
  filename: string;
  subfolder: string;
  type: string;
}

const ROOT = / \[(input|output|temp)\]$/;

export function parseInputFile(text: string): InputFile {
  const path = text.replace(ROOT, "");
  const cut = path.lastIndexOf("/");
  return {
    filename: path.slice(cut + 1),
    subfolder: cut < 0 ? "" : path.slice(0, cut),
    type: ROOT.exec(text)?.[1] ?? "input",
  };
}

/** What stands in the input folder is named without its folder. */
export function inputFileText(file: InputFile): string {
  const path = file.subfolder ? `${file.subfolder}/${file.filename}` : file.filename;
  return file.type === "input" ? path : `${path} [${file.type}]`;
}

export function thumbnailUrl(text: string): string {
  return `/api/console/thumbnail?${new URLSearchParams({ ...parseInputFile(text), size: "large" }).toString()}`;
}

/** `channel` is rgb, without transparency, or a, the transparency alone. */
export function fileUrl(text: string, channel?: "rgb" | "a"): string {
  return `/view?${new URLSearchParams({ ...parseInputFile(text), ...(channel ? { channel } : {}) }).toString()}`;
}
