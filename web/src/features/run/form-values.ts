/** What stands in a form: the workflow's own values until the reader changes them. */
import { computed, reactive, ref } from "vue";

import type { Field, Form } from "@/api/types";

import { chosenLoras } from "./loras";
import { asScenes } from "./scene-values";
import { asSize } from "./sizes";

export type Value = unknown;

const SEED_LIMIT = 2 ** 53;

export function useFormValues() {
  const form = ref<Form | null>(null);
  const values = reactive<Record<string, Value>>({});
  /** Seeds that keep their value from run to run. */
  const locked = reactive(new Set<string>());
  /** Fields that take several values, one run for each. */
  const varied = reactive<Record<string, Value[]>>({});

  const plain = computed(() => form.value?.fields.filter((field) => !field.advanced) ?? []);
  const advanced = computed(() => form.value?.fields.filter((field) => field.advanced) ?? []);
  const missing = computed(() => (form.value?.fields ?? []).filter(isMissing).map((field) => field.label));

  function isMissing(field: Field): boolean {
    const several = varied[field.id];
    return several ? several.length === 0 : field.required && (values[field.id] ?? "") === "";
  }

  function fill(next: Form): void {
    form.value = next;
    for (const held of [values, varied]) for (const id of Object.keys(held)) delete held[id];
    locked.clear();
    for (const field of next.fields) {
      values[field.id] = field.value;
      if (field.type === "seed" && field.value !== null && Number(field.value) >= 0) locked.add(field.id);
    }
  }

  /** What is sent: a seed that is not locked is drawn by the server. */
  function given(): Record<string, Value> {
    const fields = form.value?.fields ?? [];
    return Object.fromEntries(fields.map((field) => [field.id, sent(field, values[field.id])]));
  }

  function sent(field: Field, value: Value): Value {
    switch (field.type) {
      case "seed":
        return locked.has(field.id) ? value : -1;
      case "scene_list":
        return asScenes(value, field.per_scene ?? []);
      case "lora_picker":
      case "lora_picker_dynamic":
        return chosenLoras(value);
      case "resolution_picker":
        return asSize(value);
      default:
        return value;
    }
  }

  function vary(id: string, several: Value[] | undefined): void {
    if (several) varied[id] = several;
    else delete varied[id];
  }

  function roll(id: string): void {
    values[id] = Math.floor(Math.random() * SEED_LIMIT);
    locked.add(id);
  }

  function toggleLock(id: string): void {
    if (!locked.delete(id)) locked.add(id);
  }

  return { form, values, locked, varied, plain, advanced, missing, fill, given, vary, roll, toggleLock };
}
