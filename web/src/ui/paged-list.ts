/** Rows that were loaded page by page, newest first, kept in step with the server. */
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from "vue";

export interface Page<Row, Cursor> {
  rows: Row[];
  /** Where the next page begins; null behind the last one. */
  next: Cursor | null;
}

export interface Paged<Row, Cursor> {
  rows: ShallowRef<Row[]>;
  ids: ComputedRef<string[]>;
  /** Whether the first page was read. */
  loaded: Ref<boolean>;
  next: Ref<Cursor | null>;
  /** Looks at the first page again; nothing is drawn anew unless a mark differs. */
  refresh: () => Promise<void>;
  more: () => Promise<void>;
  /** For another choice of rows. */
  restart: () => Promise<void>;
  drop: (gone: string[]) => void;
}

/** `when` is what rows are ordered by, and `mark` what of one is seen. */
export function usePagedList<Row extends { id: string }, Cursor>(
  read: (after: Cursor | null) => Promise<Page<Row, Cursor>>,
  when: (row: Row) => number,
  mark: (row: Row) => string,
): Paged<Row, Cursor> {
  const rows = shallowRef<Row[]>([]);
  const next = shallowRef<Cursor | null>(null);
  const loaded = ref(false);
  const ids = computed(() => rows.value.map((row) => row.id));
  let loading = false;
  let generation = 0;
  /** Whether more than the first page was asked for. */
  let deeper = false;

  async function refresh(): Promise<void> {
    const current = generation;
    const page = await read(null);
    if (current !== generation) return;
    const fresh = mergedWith(page.rows, page.next);
    loaded.value = true;
    if (marks(fresh) !== marks(rows.value)) rows.value = fresh;
  }

  /** What was loaded behind the first page stays behind it. */
  function mergedWith(first: Row[], cursor: Cursor | null): Row[] {
    const last = first.at(-1);
    if (cursor === null || !deeper) {
      next.value = cursor;
      return first;
    }
    const known = new Set(first.map((row) => row.id));
    return [...first, ...rows.value.filter((row) => !known.has(row.id) && (!last || when(row) <= when(last)))];
  }

  async function more(): Promise<void> {
    if (loading || next.value === null) return;
    loading = true;
    const current = generation;
    try {
      const page = await read(next.value);
      if (current !== generation) return;
      const known = new Set(ids.value);
      rows.value = [...rows.value, ...page.rows.filter((row) => !known.has(row.id))];
      next.value = page.next;
      deeper = true;
    } finally {
      loading = false;
    }
  }

  async function restart(): Promise<void> {
    generation += 1;
    rows.value = [];
    next.value = null;
    deeper = false;
    loaded.value = false;
    await refresh();
  }

  function drop(gone: string[]): void {
    const away = new Set(gone);
    rows.value = rows.value.filter((row) => !away.has(row.id));
  }

  function marks(shown: Row[]): string {
    return shown.map((row) => `${row.id} ${mark(row)}`).join("\n");
  }

  return { rows, ids, loaded, next, refresh, more, restart, drop };
}
