/** What a picker offers, and what of it matches the words that were typed. */
export interface Choice {
  key: string;
  label: string;
}

const MOST_SHOWN = 100;

export interface Found {
  shown: Choice[];
  /** How many more match. */
  hidden: number;
}

/** Every word must be in the label; the order and the case do not matter. */
export function matching(choices: Choice[], typed: string, most = MOST_SHOWN): Found {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const found = choices.filter((one) => words.every((word) => one.label.toLowerCase().includes(word)));
  return { shown: found.slice(0, most), hidden: Math.max(found.length - most, 0) };
}
