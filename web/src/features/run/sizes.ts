/** Widths and heights in pixels, and the ones to choose from. */
import type { Preset } from "@/api/types";

export interface Size {
  w: number;
  h: number;
}

const USUAL = 1024;

/** Of {w, h}, of {width, height}, or of nothing. */
export function asSize(value: unknown): Size {
  const given = (typeof value === "object" && value !== null ? value : {}) as Partial<Size> & { width?: number; height?: number };
  return { w: Number(given.w ?? given.width ?? USUAL), h: Number(given.h ?? given.height ?? USUAL) };
}

export interface PresetGroup {
  family: string;
  sizes: Preset[];
}

export function presetsOf(presets: Preset[]): PresetGroup[] {
  const families = [...new Set(presets.map((one) => one.family))];
  return families.map((family) => ({ family, sizes: presets.filter((one) => one.family === family) }));
}

export function orientation(size: { width: number; height: number }): "wide" | "tall" | "square" {
  if (size.width === size.height) return "square";
  return size.width > size.height ? "wide" : "tall";
}
