/** Dark or light, as the reader chose. */
import { ref } from "vue";

const KEY = "greenroom.theme";

export type Theme = "dark" | "light";

export const theme = ref<Theme>(localStorage.getItem(KEY) === "light" ? "light" : "dark");

export function applyTheme(): void {
  document.documentElement.classList.toggle("dark", theme.value === "dark");
}

export function toggleTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, theme.value);
  applyTheme();
}
