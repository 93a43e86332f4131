/** The form of the file that was dropped last: it has no address of its own. */
import type { Form } from "@/api/types";

let kept: Form | null = null;

export function keepForm(form: Form): void {
  kept = form;
}

export function droppedForm(): Form | null {
  return kept;
}
