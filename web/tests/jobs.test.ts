import { describe, expect, it } from "vitest";

import JobCard from "@/features/history/JobCard.vue";
import JobFailure from "@/features/history/JobFailure.vue";
import JobThumbnail from "@/features/history/JobThumbnail.vue";
import OutputGallery from "@/features/history/OutputGallery.vue";
import ParameterTable from "@/features/history/ParameterTable.vue";
import StatusBadge from "@/ui/StatusBadge.vue";

import { jobCard, picture, STATUSES } from "./factories";
import { show } from "./mounting";

const ENDED = ["completed", "error", "stalled", "cancelled", "expired"];
const RETRIED = ["error", "stalled", "cancelled", "expired"];

describe("the badge of a status", () => {
  it.each(STATUSES)("says %s in words and with a sign", (status) => {
    const badge = show(StatusBadge, { status });
    expect(badge.text()).toBe(status);
    expect(badge.find("svg").exists()).toBe(true);
  });
});

describe("the card of a job", () => {
  it.each(STATUSES)("that is %s can be selected and retried only where that means something", (status) => {
    const card = show(JobCard, { job: jobCard(status), selected: false, retried: false });
    expect(card.find("input[type=checkbox]").exists()).toBe(ENDED.includes(status));
    expect(card.findAll("button").some((one) => one.text() === "Retry")).toBe(RETRIED.includes(status));
  });

  it("shows twelve of the id and eighty of the prompt", () => {
    const card = show(JobCard, { job: jobCard("completed", { prompt: "x".repeat(200) }), selected: false, retried: false });
    expect(card.get("[data-testid=job-id]").text()).toBe("abc12345-678...");
    expect(card.get("[data-testid=prompt]").text()).toBe(`${"x".repeat(80)}...`);
  });

  it("shows what went wrong where there is no prompt", () => {
    const card = show(JobCard, { job: jobCard("error", { prompt: "" }), selected: false, retried: false });
    expect(card.text()).toContain("CUDA out of memory");
  });

  it("opens at a click, toggles with Ctrl or Cmd, extends with Shift", async () => {
    const card = show(JobCard, { job: jobCard(), selected: false, retried: false });
    await card.trigger("click");
    await card.trigger("click", { ctrlKey: true });
    await card.trigger("click", { metaKey: true });
    await card.trigger("click", { shiftKey: true });
    expect([card.emitted("open"), card.emitted("toggle"), card.emitted("extend")].map((one) => one?.length)).toEqual([1, 2, 1]);
  });

  it("does not open when its checkbox or its retry is pressed", async () => {
    const card = show(JobCard, { job: jobCard("error"), selected: false, retried: false });
    await card.get("input[type=checkbox]").trigger("click");
    await card.findAll("button").find((one) => one.text() === "Retry")!.trigger("click");
    expect([card.emitted("open"), card.emitted("toggle")?.length, card.emitted("retry")?.length]).toEqual([undefined, 1, 1]);
  });
});

describe("the thumbnail of a job", () => {
  it("is the first output before the input picture", () => {
    const job = jobCard("completed", { preview: picture("out.png"), input_image: picture("in.png") });
    expect(show(JobThumbnail, { job }).get("img").attributes("src")).toContain("out.png");
    expect(show(JobThumbnail, { job: { ...job, preview: null } }).get("img").attributes("src")).toContain("in.png");
  });

  it("is a sign when there is no picture, or when it cannot be loaded", async () => {
    expect(show(JobThumbnail, { job: jobCard() }).find("[data-testid=placeholder]").exists()).toBe(true);
    const broken = show(JobThumbnail, { job: jobCard("completed", { preview: picture() }) });
    await broken.get("img").trigger("error");
    expect(broken.find("[data-testid=placeholder]").exists()).toBe(true);
  });

  it.each([[0, false], [1, false], [4, true]])("counts %i outputs: %s", (count, counted) => {
    const one = show(JobThumbnail, { job: jobCard("completed", { preview: picture(), outputs_count: count }) });
    expect(one.find("[data-testid=count]").exists()).toBe(counted);
  });
});

describe("a failure", () => {
  const error = { kind: "oom", message: "CUDA out of memory", node_id: "3", node_type: "KSampler", advice: "Take a smaller size.", traceback: "" };

  it("says what happened, to which node and what to try", () => {
    const text = show(JobFailure, { error, attempts: [] }).text();
    for (const words of ["CUDA out of memory", "Node 3, KSampler", "Take a smaller size."]) expect(text).toContain(words);
  });

  it("tells of earlier attempts and keeps the traceback folded", () => {
    const attempt = { number: 1, worker: "gpu0", started_at: 0, ended_at: 1, outcome: "failed", error: null };
    const shown = show(JobFailure, { error: { ...error, traceback: "line 1" }, attempts: [attempt, { ...attempt, number: 2, worker: "gpu1" }] });
    expect(shown.text()).toContain("Attempt 2 on gpu1");
    expect(shown.get("details").attributes("open")).toBeUndefined();
  });
});

describe("the table of parameters", () => {
  const row = (type: string, value: unknown, more = {}) =>
    show(ParameterTable, { parameters: [{ label: "It", type, value, node_id: "1", input_name: "it", image: null, advanced: false, ...more }] });

  it("keeps the lines of a prompt and copies it", () => {
    const table = row("text", "one\n  two");
    expect(table.get("td span").element.textContent).toBe("one\n  two");
    expect(table.find("button[aria-label='Copy It']").exists()).toBe(true);
  });

  it("shows scenes as a table of prompt, duration and seed", () => {
    const table = row("scene_list", [{ prompt: "a cat", duration: 5, seed: 7 }]);
    expect(table.findAll("table table td").map((one) => one.text())).toEqual(["a cat", "5", "7"]);
  });

  it("shows scenes that have no prompt as a table too", () => {
    expect(row("scene_list", [{ duration: 2, seed: 7 }]).findAll("table table td").map((one) => one.text())).toEqual(["", "2", "7"]);
  });

  it("shows lists and objects as JSON on several lines", () => {
    expect(row("resolution_picker", { w: 64, h: 48 }).get("pre").text()).toBe('{\n  "w": 64,\n  "h": 48\n}');
  });

  it("leads from a picture's name to the picture", async () => {
    const table = row("image", "cat.png", { image: picture("cat.png") });
    await table.get("button").trigger("mouseenter");
    expect(table.get("[data-testid=hover-preview]").attributes("src")).toContain("cat.png");
    await table.get("button").trigger("click");
    expect(table.emitted("full")).toEqual([["/view?filename=cat.png"]]);
  });
});

describe("the outputs of a job", () => {
  const output = { node_id: "9", name: "x", folder: "output", subfolder: "", url: "/view?x", thumbnail: null, text: null };

  it.each([["image", "img"], ["video", "video"], ["audio", "audio"]])("show a %s", (kind, tag) => {
    expect(show(OutputGallery, { outputs: [{ ...output, kind }] }).find(tag).exists()).toBe(true);
  });

  it("show a text that can be copied, and any other file as a download", () => {
    const shown = show(OutputGallery, { outputs: [{ ...output, kind: "text", name: "", text: "words" }, { ...output, kind: "file" }] });
    expect(shown.get("pre").text()).toBe("words");
    expect(shown.findAll("a[download]")).toHaveLength(1);
  });
});
