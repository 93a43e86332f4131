/** Look again every few seconds, and soon after anything happens; a hidden page rests. */
import { onMounted, onScopeDispose, ref, type Ref } from "vue";

import { listen } from "@/api/stream";

const CYCLE_MS = 5000;
const SOON_MS = 150;

export interface LiveCycle {
  /** Changes when a new countdown begins. */
  round: Ref<number>;
  refreshNow: () => Promise<void>;
}

export function useLiveCycle(refresh: () => Promise<void>): LiveCycle {
  const round = ref(0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let working = false;
  let again = false;

  async function refreshNow(): Promise<void> {
    clearTimeout(timer);
    if (working) {
      again = true;
      return;
    }
    working = true;
    try {
      await refresh();
    } finally {
      working = false;
    }
    round.value += 1;
    schedule(again ? SOON_MS : CYCLE_MS);
    again = false;
  }

  function schedule(after: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => (document.hidden ? schedule(CYCLE_MS) : void refreshNow()), after);
  }

  const deaf = listen(() => schedule(SOON_MS));
  onMounted(refreshNow);
  onScopeDispose(() => {
    clearTimeout(timer);
    deaf();
  });
  return { round, refreshNow };
}
