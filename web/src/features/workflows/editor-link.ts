/** The way into ComfyUI's own frontend, where it is installed. */
import { ref } from "vue";

import { fetchInfo } from "@/api/info";

export const hasEditor = ref(false);

fetchInfo().then(
  (info) => (hasEditor.value = info.editor ?? false),
  // Without an answer there is no link; the pages themselves say what is wrong.
  () => undefined,
);

/** The frontend takes plain ids only; others go in base64. */
export function editorUrl(id: string): string {
  return `/editor/?source=greenroom&template=${/^[\w.-]+$/.test(id) ? id : `b64-${base64(id)}`}`;
}

function base64(text: string): string {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
