/** The form of the file that was dropped last: it has no address of its own, but lasts a reload. */
import type { Form } from "@/api/types";

const KEY = "greenroom.dropped";
let kept: Form | null = null;

export function keepForm(form: Form): void {
  kept = form;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(form));
  } catch {
    // Too large to keep: then it lasts as long as the page.
    sessionStorage.removeItem(KEY);
  }
}

export function droppedForm(): Form | null {
  const stored = kept ? null : sessionStorage.getItem(KEY);
  return kept ?? (stored ? (JSON.parse(stored) as Form) : null);
}
