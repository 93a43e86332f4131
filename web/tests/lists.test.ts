import { beforeEach, describe, expect, it, vi } from "vitest";
import { ref } from "vue";

import { useJobList } from "@/features/history/job-list";
import { useSelection } from "@/features/history/selection";
import { useStrokes } from "@/features/run/mask-strokes";
import AssetTile from "@/features/assets/AssetTile.vue";
import { bytes } from "@/ui/amounts";
import { ago, duration } from "@/ui/time";

import { asset, jobCard, NOW } from "./factories";
import { show } from "./mounting";

describe("the history's list", () => {
  const answers: unknown[] = [];

  beforeEach(() => {
    answers.length = 0;
    // The network is what the page does not own.
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(answers.shift()))));
  });

  const page = (...jobs: [string, "completed" | "error"][]) => ({
    jobs: jobs.map(([id, status], index) => jobCard(status, { id, queued_at: NOW - index })), next: null,
  });

  it("stays the same object while ids and statuses are the same", async () => {
    const list = useJobList(() => ({ text: "", status: "", after: null }));
    answers.push(page(["a", "completed"]), page(["a", "completed"]));
    await list.refresh();
    const before = list.jobs.value;
    await list.refresh();
    expect(list.jobs.value).toBe(before);
  });

  it.each([
    ["an id", page(["b", "completed"], ["a", "completed"])],
    ["a status", page(["a", "error"])],
  ])("is another when %s changed", async (_, second) => {
    const list = useJobList(() => ({ text: "", status: "", after: null }));
    answers.push(page(["a", "completed"]), second);
    await list.refresh();
    const before = list.jobs.value;
    await list.refresh();
    expect(list.jobs.value).not.toBe(before);
  });
});

describe("a search of the history", () => {
  it("goes on behind a short page, and keeps what it found there", async () => {
    const card = (id: string, age: number) => jobCard("completed", { id, queued_at: NOW - age });
    const answers = [{ jobs: [], next: "x" }, { jobs: [card("old", 9)], next: "y" }, { jobs: [card("new", 1)], next: "x" }];
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(answers.shift()))));
    const list = useJobList(() => ({ text: "owl", status: "", after: null }));
    await list.refresh();
    expect([list.jobs.value.length, list.loaded.value, list.next.value]).toEqual([0, true, "x"]);
    await list.more();
    await list.refresh();
    expect([list.ids.value, list.next.value]).toEqual([["new", "old"], "y"]);
  });
});

describe("a selection", () => {
  it("extends from the last one clicked and takes all and none", () => {
    const one = useSelection(ref(["a", "b", "c", "d"]));
    one.toggle("b");
    one.extendTo("d");
    expect(one.selected.value).toEqual(["b", "c", "d"]);
    one.toggleAll();
    expect(one.all.value).toBe(true);
    one.toggleAll();
    expect(one.selected.value).toEqual([]);
  });

  it("counts only what is listed", () => {
    const listed = ref(["a", "b"]);
    const one = useSelection(listed);
    one.toggleAll();
    listed.value = ["b"];
    expect(one.selected.value).toEqual(["b"]);
  });
});

describe("strokes", () => {
  it("are taken back and done again; a new one ends the way forward", () => {
    const { done, add, undo, redo, canRedo } = useStrokes();
    add({ kind: "all" });
    add({ kind: "none" });
    undo();
    expect([done.length, canRedo.value]).toEqual([1, true]);
    redo();
    expect(done.at(-1)).toEqual({ kind: "none" });
    undo();
    add({ kind: "inverted" });
    expect(canRedo.value).toBe(false);
  });
});

describe("the tile of a file", () => {
  it.each(["image", "video", "audio", "text", "3d", "file"] as const)("shows a %s, its name and its size", (kind) => {
    const tile = show(AssetTile, { asset: asset(kind), selected: false });
    expect(tile.find("img").exists()).toBe(kind === "image");
    expect(tile.text()).toContain("2.4 MB");
  });
});

describe("words for amounts and times", () => {
  it.each([[0, "0 B"], [999, "999 B"], [1500, "1.5 kB"], [24e9, "24 GB"]])("%i bytes are %s", (size, text) => expect(bytes(size)).toBe(text));
  it.each([[0.035, "35 ms"], [4.2, "4.2 s"], [142, "2 m 22 s"], [3780, "1 h 3 m"]])("%f seconds are %s", (seconds, text) => expect(duration(seconds)).toBe(text));
  it("what is to come is not in the past", () => expect(ago(NOW + 5000, NOW)).toBe(ago(NOW, NOW)));
});
