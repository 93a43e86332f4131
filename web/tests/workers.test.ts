import { describe, expect, it } from "vitest";

import { countsOf, foundIn } from "@/features/workers/worker-filter";
import WorkerFilterBar from "@/features/workers/WorkerFilterBar.vue";

import { worker } from "./factories";
import { show } from "./mounting";

const all = { word: null, text: "" };
const fleet = [
  worker("up", { id: "gpu0", jobs: ["abc"], warm: ["checkpoints/Dusk.safetensors"] }),
  worker("up", { id: "gpu1", labels: { hardware: "ADA_24" } }),
  worker("down", { id: "gpu2", reason: "cannot connect" }),
];
const ids = (filter: object) => foundIn(fleet, { ...all, ...filter }).map((one) => one.id);

describe("many workers", () => {
  it("are counted by how they are", () => {
    expect(countsOf(fleet)).toEqual([["works", 1], ["idle", 1], ["down", 1]]);
  });

  it("are found by how they are, name, label, loaded model and reason", () => {
    expect(ids({})).toEqual(["gpu0", "gpu1", "gpu2"]);
    expect(ids({ word: "down" })).toEqual(["gpu2"]);
    expect(ids({ text: " GPU1 " })).toEqual(["gpu1"]);
    expect(ids({ text: "hardware=ada" })).toEqual(["gpu1"]);
    expect(ids({ text: "dusk" })).toEqual(["gpu0"]);
    expect(ids({ text: "connect", word: "idle" })).toEqual([]);
  });

  it("are narrowed to a word and widened again", async () => {
    const bar = show(WorkerFilterBar, { workers: fleet, modelValue: all });
    await bar.get("button").trigger("click");
    expect(bar.emitted("update:modelValue")).toEqual([[{ word: "works", text: "" }]]);
    await bar.setProps({ modelValue: { word: "works", text: "" } });
    await bar.get("button[aria-pressed=true]").trigger("click");
    expect(bar.emitted("update:modelValue")?.at(-1)).toEqual([all]);
  });

  it("have a field to look for one when they are more than a glance takes in", () => {
    expect(show(WorkerFilterBar, { workers: fleet, modelValue: all }).find("input").exists()).toBe(false);
    const many = Array.from({ length: 9 }, (_, place) => worker("up", { id: `gpu${place}` }));
    expect(show(WorkerFilterBar, { workers: many, modelValue: all }).find("input").exists()).toBe(true);
  });
});
