/** What the server says of itself. */
import { get } from "./client";
import type { Info } from "./types";

export function fetchInfo(): Promise<Info> {
  return get("/info");
}
