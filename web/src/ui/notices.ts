/** Short notices at the edge of the window. */
import { reactive } from "vue";

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
}

const SHOWN_MS = 5000;
let next = 1;

export const notices = reactive<Notice[]>([]);

/** What is said already is not said twice. */
export function notify(text: string, bad = false): void {
  if (notices.some((notice) => notice.text === text)) return;
  const id = next++;
  notices.push({ id, text, bad });
  setTimeout(() => dismiss(id), bad ? SHOWN_MS * 2 : SHOWN_MS);
}

export function dismiss(id: number): void {
  const index = notices.findIndex((notice) => notice.id === id);
  if (index >= 0) notices.splice(index, 1);
}
