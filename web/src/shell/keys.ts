/** Keys that work everywhere but in fields. */
import { onMounted, onUnmounted } from "vue";
import { useRouter } from "vue-router";

import { pages } from "@/pages";

import { toggleTheme } from "./theme";

const CHORD_MS = 1500;

export interface Actions {
  search: () => void;
  help: () => void;
}

export function useKeys(actions: Actions): void {
  const router = useRouter();
  let going = 0;

  function pressed(event: KeyboardEvent): void {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      actions.search();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const page = performance.now() - going < CHORD_MS ? pages.find((one) => one.key === event.key) : undefined;
    going = event.key === "g" ? performance.now() : 0;
    if (page) void router.push(page.path);
    else if (event.key === "?") actions.help();
    else if (event.key === "t") toggleTheme();
  }

  onMounted(() => window.addEventListener("keydown", pressed));
  onUnmounted(() => window.removeEventListener("keydown", pressed));
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}
