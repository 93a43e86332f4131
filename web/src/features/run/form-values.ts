/** What stands in a form: the workflow's own values until the reader changes them. */
import { computed, reactive, ref } from "vue";

import type { Field, Form } from "@/api/types";

export type Value = unknown;

const SEED_LIMIT = 2 ** 53;

export function useFormValues() {
  const form = ref<Form | null>(null);
  const values = reactive<Record<string, Value>>({});
  /** Seeds that keep their value from run to run. */
  const locked = reactive(new Set<string>());

  const plain = computed(() => form.value?.fields.filter((field) => !field.advanced) ?? []);
  const advanced = computed(() => form.value?.fields.filter((field) => field.advanced) ?? []);
  const missing = computed(() =>
    (form.value?.fields ?? []).filter((field) => field.required && (values[field.id] ?? "") === "").map((field) => field.label),
  );

  function fill(next: Form, given: Record<string, Value> = {}): void {
    form.value = next;
    for (const id of Object.keys(values)) delete values[id];
    locked.clear();
    for (const field of next.fields) {
      values[field.id] = given[field.id] ?? field.value;
      if (field.type === "seed") locked.add(field.id);
    }
  }

  /** What is sent: a seed that is not locked is drawn by the server. */
  function given(): Record<string, Value> {
    const fields = form.value?.fields ?? [];
    return Object.fromEntries(fields.map((field) => [field.id, sent(field)]));
  }

  function sent(field: Field): Value {
    return field.type === "seed" && !locked.has(field.id) ? -1 : values[field.id];
  }

  function roll(id: string): void {
    values[id] = Math.floor(Math.random() * SEED_LIMIT);
    locked.add(id);
  }

  function toggleLock(id: string): void {
    if (!locked.delete(id)) locked.add(id);
  }

  return { form, values, locked, plain, advanced, missing, fill, given, roll, toggleLock };
}
