/** Numbers with their units. */
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

/** The first `most` characters, with an ellipsis when there are more. */
export function excerpt(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}...` : text;
}
