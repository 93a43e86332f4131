/** The values that a field takes in turn, as people write them: `1..8`, `0.5..1:0.1`, `20, 30`. */
import type { Field } from "@/api/types";

export const MOST_RUNS = 500;

const NUMBER = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const RANGE = new RegExp(`^(${NUMBER})\\s*\\.\\.\\s*(${NUMBER})(?:\\s*:\\s*(${NUMBER}))?$`, "i");
const ALONE = new RegExp(`^${NUMBER}$`, "i");

export class NotValues extends Error {}

/** Whether a field of this type can take several values. */
export function canVary(field: Field): boolean {
  return ["int", "float", "seed", "text", "select", "checkpoint_picker", "vae_picker", "boolean"].includes(field.type);
}

export function isNumeric(field: Field): boolean {
  return ["int", "float", "seed"].includes(field.type);
}

/** NotValues says what is wrong. */
export function parseNumbers(text: string, whole: boolean): number[] {
  const parts = text.split(",").map((part) => part.trim()).filter(Boolean);
  const values = parts.flatMap((part) => numbersOf(part));
  if (values.length > MOST_RUNS) throw new NotValues(`At most ${MOST_RUNS} values.`);
  const odd = whole ? values.find((one) => !Number.isInteger(one)) : undefined;
  if (odd !== undefined) throw new NotValues(`${odd} is not a whole number.`);
  return values;
}

function numbersOf(part: string): number[] {
  if (ALONE.test(part)) return [Number(part)];
  const [, from, to, by] = RANGE.exec(part) ?? [];
  if (from === undefined || to === undefined) throw new NotValues(`“${part}” is neither a number nor a range such as 1..8.`);
  return range(Number(from), Number(to), Math.abs(Number(by ?? 1)));
}

/** Both ends included; downwards when the last is less. */
function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw new NotValues("The step of a range cannot be 0.");
  const count = Math.floor(Math.abs(last - first) / step + 1e-9) + 1;
  if (count > MOST_RUNS) throw new NotValues(`At most ${MOST_RUNS} values.`);
  const sign = last < first ? -1 : 1;
  return Array.from({ length: count }, (_, index) => Number((first + sign * step * index).toFixed(10)));
}

/** One text on each line; empty lines say nothing. */
export function parseTexts(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** How many runs come of it. */
export function runsOf(varied: Record<string, unknown[]>, count: number): number {
  return Object.values(varied).reduce((product, values) => product * values.length, count);
}
