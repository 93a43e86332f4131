/** Scenes: a list of parts of a film, each with its own prompt. */
const NAMES = ["prompt", "duration", "seed"];

export interface Scene {
  prompt?: string;
  duration?: number;
  seed?: number;
}

export function isScenes(value: unknown): value is Scene[] {
  return Array.isArray(value) && value.length > 0 && value.every((one: unknown) => isScene(one));
}

function isScene(value: unknown): boolean {
  return typeof value === "object" && value !== null && NAMES.some((name) => name in value) && !("file" in value);
}
