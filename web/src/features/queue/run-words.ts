/** How far a run is, in words. */
import type { Live } from "@/api/types";
import { duration } from "@/ui/time";

/** What the server says of jobs whose queue is paused. */
const PAUSED = "the queue to be resumed";

/** What it says before the files that a job still waits for. */
const INPUTS = "inputs: ";

/** Why a job does not run, in a sentence. */
export function waitWords(waitingFor: string): string {
  if (waitingFor === PAUSED) return `Waits for ${waitingFor}.`;
  if (waitingFor.startsWith(INPUTS)) return `Fetches its inputs: ${waitingFor.slice(INPUTS.length)}`;
  return `Waits for ${waitingFor}: no worker has it.`;
}

export function stepWords(live: Live): string {
  return live.total_steps > 0 ? `Step ${live.step}/${live.total_steps}` : "";
}

/** Only what is known: `45 %`, `Step 15/30`, `25 s left`, `1.2 it/s`. */
export function progressWords(live: Live): string[] {
  return [
    `${live.percent} %`,
    stepWords(live),
    live.eta_seconds === null || live.eta_seconds < 1 ? "" : `${duration(live.eta_seconds)} left`,
    live.step_rate === null ? "" : `${live.step_rate} it/s`,
    live.cached_count > 0 ? `${live.cached_count} from the cache` : "",
  ].filter(Boolean);
}

export function isMeasured(live: Live): boolean {
  return live.percent > 0 || live.total_steps > 0;
}
