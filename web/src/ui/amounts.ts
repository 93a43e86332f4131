/** Numbers with their units. */
import { duration } from "./time";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** `1024×768`, `1024×768, 4.2 s` or `4.2 s`; empty when nothing is known. */
export function extent(of: { width: number | null; height: number | null; duration_ms: number | null }): string {
  const size = of.width === null || of.height === null ? [] : [`${of.width}×${of.height}`];
  return [...size, ...(of.duration_ms === null ? [] : [duration(of.duration_ms / 1000)])].join(", ");
}

/** The first `most` characters, with an ellipsis when there are more. */
export function excerpt(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
