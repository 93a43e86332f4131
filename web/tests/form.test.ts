import { describe, expect, it } from "vitest";

import { batchWords, tally } from "@/features/run/batch-words";
import { useFormValues } from "@/features/run/form-values";
import FormField from "@/features/run/FormField.vue";
import { fileUrl, inputFileText, parseInputFile } from "@/features/run/input-files";
import { chosenLoras } from "@/features/run/loras";
import { asScenes, newScene, withoutScene } from "@/features/run/scene-values";
import SeedField from "@/features/run/SeedField.vue";
import { asSize, orientation } from "@/features/run/sizes";
import { NotValues, parseNumbers, parseTexts, runsOf } from "@/features/run/varied-values";
import { matching } from "@/ui/choices";

import { field } from "./factories";
import { show } from "./mounting";

const CONTROLS: [string, Parameters<typeof field>[1], string][] = [
  ["text", {}, "input[type=text]"],
  ["text", { multiline: true }, "textarea"],
  ["int", {}, "input[type=number]"],
  ["float", { min: 0, max: 1 }, "input[type=range]"],
  ["boolean", {}, "input[type=checkbox]"],
  ["select", { options: [{ label: "a", value: "a" }] }, "select"],
  ["checkpoint_picker", {}, "[role=combobox]"],
  ["select", { options: Array.from({ length: 40 }, (_, index) => ({ label: `${index}`, value: index })) }, "[role=combobox]"],
  ["seed", {}, "button[title=Roll]"],
  ["image", {}, "input[type=file][accept='image/*']"],
  ["video", {}, "input[type=file][accept='video/*']"],
  ["audio", {}, "input[type=file][accept='audio/*']"],
  ["resolution_picker", { presets: [{ family: "wan", label: "Wide", width: 8, height: 4 }] }, "button[aria-pressed]"],
  ["scene_list", { per_scene: ["prompt", "duration"] }, "fieldset textarea"],
  ["lora_picker_dynamic", {}, "[role=group] button"],
];

describe("a field", () => {
  it.each(CONTROLS)("of type %s with %j has %s", (type, more, control) => {
    const shown = show(FormField, { field: field(type, more), modelValue: "", locked: false, varied: undefined });
    expect(shown.find(control).exists()).toBe(true);
    expect(shown.text()).toContain("Thing");
  });

  it("keeps a choice that is not here any more, and says so", () => {
    const choices = field("select", { options: [{ label: "b", value: "b" }] });
    const shown = show(FormField, { field: choices, modelValue: "gone", locked: false, varied: undefined });
    expect(shown.findAll("option").map((one) => one.text())).toEqual(["gone (not here)", "b"]);
  });

  it("takes several values where that can be, and none for a file", async () => {
    const shown = show(FormField, { field: field("int"), modelValue: 3, locked: false, varied: undefined });
    await shown.get("button[aria-label='Several values']").trigger("click");
    expect(shown.emitted("vary")).toEqual([[[3]]]);
    const file = show(FormField, { field: field("image"), modelValue: "", locked: false, varied: undefined });
    expect(file.find("button[aria-label='Several values']").exists()).toBe(false);
  });

  it("says why values cannot be taken", async () => {
    const shown = show(FormField, { field: field("int"), modelValue: 3, locked: false, varied: [3] });
    await shown.get("input").setValue("1.5");
    expect(shown.get("[role=status]").text()).toBe("1.5 is not a whole number.");
    expect(shown.emitted("vary")?.at(-1)).toEqual([[]]);
  });
});

describe("a seed", () => {
  it("that is drawn shows no number, and is kept once one is typed", async () => {
    const shown = show(SeedField, { id: "s", label: "Seed", modelValue: -1, locked: false });
    expect(shown.get("input").element.value).toBe("");
    await shown.get("input").setValue("7");
    expect([shown.emitted("update:modelValue"), shown.emitted("lock")?.length]).toEqual([[[7]], 1]);
  });

  it("that is emptied is drawn again", async () => {
    const shown = show(SeedField, { id: "s", label: "Seed", modelValue: 7, locked: true });
    await shown.get("input").setValue("");
    expect([shown.emitted("update:modelValue"), shown.emitted("lock")?.length]).toEqual([[[-1]], 1]);
  });
});

describe("the values of a form", () => {
  const form = {
    name: "F", graph: {}, workflow: null, missing: [], library_id: null,
    fields: [
      field("seed", { id: "seed", value: 5 }), field("image", { id: "image", label: "Picture", required: true }),
      field("scene_list", { id: "scenes", per_scene: ["duration"] }), field("resolution_picker", { id: "size", value: { width: 8, height: 4 } }),
      field("lora_picker_dynamic", { id: "loras", value: [{ file: "", strength: 1 }, { file: "a", strength: 1 }] }),
    ],
  };

  it("are sent as the server reads them; a seed that is not kept is left to it", () => {
    const one = useFormValues();
    one.fill(form);
    expect(one.missing.value).toEqual(["Picture"]);
    one.toggleLock("seed");
    expect(one.given()).toEqual({ seed: -1, image: null, scenes: [{ duration: 5 }], size: { w: 8, h: 4 }, loras: [{ file: "a", strength: 1 }] });
    one.roll("seed");
    expect(one.given().seed).toBe(one.values.seed);
  });

  it("are complete only when a field that varies has values", () => {
    const one = useFormValues();
    one.fill({ ...form, fields: [field("int", { id: "steps", label: "Steps", value: 3 })] });
    one.vary("steps", []);
    expect(one.missing.value).toEqual(["Steps"]);
    one.vary("steps", undefined);
    expect(one.missing.value).toEqual([]);
  });
});

describe("values that vary", () => {
  it.each<[string, boolean, number[]]>([
    ["1..4", true, [1, 2, 3, 4]], ["4..1", true, [4, 3, 2, 1]], ["0.5..0.7:0.1", false, [0.5, 0.6, 0.7]], ["20, 30,", true, [20, 30]],
    ["-2..2:2, 9", true, [-2, 0, 2, 9]], ["", true, []],
  ])("%s are numbers", (text, whole, values) => expect(parseNumbers(text, whole)).toEqual(values));

  it.each([["x"], ["1..2:0"], ["1..9999"], ["0.5"], ["1 2"]])("%s are none", (text) => {
    expect(() => parseNumbers(text, true)).toThrow(NotValues);
  });

  it("are one text on each line", () => expect(parseTexts(" a, b \n\nc")).toEqual(["a, b", "c"]));
  it("multiply", () => expect(runsOf({ a: [1, 2], b: [1, 2, 3] }, 2)).toBe(12));
});

describe("files, sizes, scenes and LoRAs", () => {
  it.each([["a.png"], ["x/y/a.png"], ["a.png [output]"], ["x/a b.png [temp]"]])("%s is read and written alike", (text) => {
    expect(inputFileText(parseInputFile(text))).toBe(text);
  });

  it("a file's address tells its folder", () => {
    expect(fileUrl("x/a b.png [output]", "rgb")).toBe("/view?filename=a+b.png&subfolder=x&type=output&channel=rgb");
  });

  it("a size has a usual one, and stands or lies", () => {
    expect(asSize(null)).toEqual({ w: 1024, h: 1024 });
    expect([[2, 1], [1, 2], [1, 1]].map(([width, height]) => orientation({ width: width!, height: height! }))).toEqual(["wide", "tall", "square"]);
  });

  it("the last scene cannot be removed, and a new one lasts as long as the one before", () => {
    const first = asScenes([], ["prompt", "duration", "seed"]);
    expect(first).toEqual([{ prompt: "", duration: 5, seed: -1 }]);
    expect(withoutScene(first, 0)).toBe(first);
    expect(newScene(["duration"], { duration: 2 })).toEqual({ duration: 2 });
  });

  it("rows without a file are not sent; a pair may go by its name alone", () => {
    expect(chosenLoras([{ file: "" }, { high: "a", low: "" }, { high: "a", low: "b" }, { pair_id: "p" }, 7])).toEqual([
      { high: "a", low: "b" }, { pair_id: "p" },
    ]);
  });
});

describe("a list to choose from", () => {
  const choices = ["SDXL base", "sdxl refiner", "Wan 2.2"].map((label) => ({ key: label, label }));

  it("is narrowed by words in any order", () => {
    expect(matching(choices, "ref SDXL").shown.map((one) => one.label)).toEqual(["sdxl refiner"]);
  });

  it("says how many more there are", () => expect(matching(choices, "", 2)).toEqual({ shown: choices.slice(0, 2), hidden: 1 }));
});

describe("several runs", () => {
  it("are told together", () => {
    const runs = (["completed", "error", "cancelled", "running", "queued"] as const).map((status, index) => ({ id: `${index}`, status }));
    const told = tally(runs, () => 50);
    expect(told.percent).toBe(70);
    expect(batchWords(told)).toEqual(["1 of 5 done", "1 failed", "1 cancelled", "2 left"]);
  });
});
