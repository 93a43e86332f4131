/** The files that were loaded so far, newest first. */
import { ref, shallowRef } from "vue";

import { fetchAssets, type AssetFilter } from "@/api/assets";
import type { AssetView } from "@/api/types";

const PAGE = 100;

export function useAssetList(filter: () => AssetFilter) {
  const assets = shallowRef<AssetView[]>([]);
  const loaded = ref(false);
  let next: string | null = null;
  let loading = false;
  let generation = 0;

  /** New files come to the front; nothing is drawn anew when there are none. */
  async function refresh(): Promise<void> {
    const current = generation;
    const page = await fetchAssets(filter(), null, PAGE);
    if (current !== generation) return;
    loaded.value = true;
    const last = page.assets.at(-1);
    const known = new Set(page.assets.map((asset) => asset.id));
    const behind = last && page.next ? assets.value.filter((one) => !known.has(one.id) && one.created_at <= last.created_at) : [];
    if (assets.value.length <= PAGE) next = page.next;
    const fresh = [...page.assets, ...behind];
    if (mark(fresh) !== mark(assets.value)) assets.value = fresh;
  }

  async function more(): Promise<void> {
    if (loading || next === null) return;
    loading = true;
    const current = generation;
    try {
      const page = await fetchAssets(filter(), next, PAGE);
      if (current !== generation) return;
      assets.value = [...assets.value, ...page.assets];
      next = page.next;
    } finally {
      loading = false;
    }
  }

  async function restart(): Promise<void> {
    generation += 1;
    assets.value = [];
    next = null;
    loaded.value = false;
    await refresh();
  }

  return { assets, loaded, refresh, more, restart };
}

function mark(assets: AssetView[]): string {
  return assets.map((asset) => asset.id).join();
}
