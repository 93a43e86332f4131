/** Which of the listed jobs are selected: one by one, all, or a range from the last one clicked. */
import { computed, ref, type Ref } from "vue";

export function useSelection(listed: Ref<string[]>) {
  const chosen = ref(new Set<string>());
  let anchor: string | null = null;

  const selected = computed(() => listed.value.filter((id) => chosen.value.has(id)));
  const all = computed(() => listed.value.length > 0 && selected.value.length === listed.value.length);

  function toggle(id: string): void {
    const next = new Set(chosen.value);
    if (!next.delete(id)) next.add(id);
    chosen.value = next;
    anchor = id;
  }

  function extendTo(id: string): void {
    const from = anchor === null ? -1 : listed.value.indexOf(anchor);
    const to = listed.value.indexOf(id);
    if (from < 0 || to < 0) return toggle(id);
    const range = listed.value.slice(Math.min(from, to), Math.max(from, to) + 1);
    chosen.value = new Set([...chosen.value, ...range]);
    anchor = id;
  }

  function toggleAll(): void {
    chosen.value = all.value ? new Set() : new Set(listed.value);
  }

  function clear(): void {
    chosen.value = new Set();
  }

  return { chosen, selected, all, toggle, extendTo, toggleAll, clear };
}
