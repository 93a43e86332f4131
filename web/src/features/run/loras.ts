/** The LoRAs that a form chooses: files with a strength, or pairs for high and low noise. */
export interface Lora {
  file?: string;
  strength?: number;
  pair_id?: string;
  high?: string;
  low?: string;
  strength_high?: number;
  strength_low?: number;
}

/** The strength that goes with each file. */
export const strengths: Partial<Record<keyof Lora, "strength" | "strength_high" | "strength_low">> = {
  file: "strength", high: "strength_high", low: "strength_low",
};

export function asLoras(value: unknown): Lora[] {
  return Array.isArray(value) ? value.filter((one): one is Lora => typeof one === "object" && one !== null) : [];
}

/** What is sent: rows in which nothing was chosen are left out. */
export function chosenLoras(value: unknown): Lora[] {
  return asLoras(value).filter((one) => one.file || (one.high && one.low) || (one.pair_id && !("high" in one)));
}
