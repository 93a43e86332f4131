import { describe, expect, it } from "vitest";

import DayPlot from "@/features/usage/DayPlot.vue";
import DayTable from "@/features/usage/DayTable.vue";
import UsageTable from "@/features/usage/UsageTable.vue";
import { amount, daily, nameOf } from "@/features/usage/usage-words";

import { NOW, usageDay, usageTotal } from "./factories";
import { show } from "./mounting";

describe("days of usage", () => {
  it("are all there, today last, and those of several names are added up", () => {
    const bars = daily([usageDay({ gpu_seconds: 5 }), usageDay({ name: "other", gpu_seconds: 7 })], 7, "gpu_seconds", NOW);
    expect(bars.map((bar) => bar.value)).toEqual([0, 0, 0, 0, 0, 0, 12]);
  });

  it("are drawn as high as they are used, with a summary in words", () => {
    const bars = [{ label: "1 Nov", value: 2 }, { label: "2 Nov", value: 0 }, { label: "3 Nov", value: 4 }];
    const plot = show(DayPlot, { title: "Jobs by day", bars, measure: "jobs" });
    expect(plot.findAll("[data-bar]").map((bar) => bar.attributes("height"))).toEqual(["50", "0", "100"]);
    expect(plot.get("[role=img]").attributes("aria-label")).toBe("Jobs by day, 1 Nov to 3 Nov: most on 3 Nov, 4 jobs");
  });

  it("on which something ran stand in a table, the newest first", () => {
    const seconds = [{ label: "1 Nov", value: 2 }, { label: "2 Nov", value: 0 }, { label: "3 Nov", value: 142 }];
    const jobs = [{ label: "1 Nov", value: 1 }, { label: "2 Nov", value: 0 }, { label: "3 Nov", value: 3 }];
    const rows = show(DayTable, { seconds, jobs }).findAll("tbody tr").map((row) => row.findAll("th, td").map((cell) => cell.text()));
    expect(rows).toEqual([["3 Nov", "3", "2 m 22 s"], ["1 Nov", "1", "2 s"]]);
  });

  it("without any use are drawn flat", () => {
    const plot = show(DayPlot, { title: "Jobs by day", bars: [{ label: "1 Nov", value: 0 }], measure: "jobs" });
    expect(plot.get("[data-bar]").attributes("height")).toBe("0");
  });
});

describe("what was used", () => {
  it.each([["gpu_seconds", 0, "0 s"], ["gpu_seconds", 142, "2 m 22 s"], ["jobs", 1, "1 job"], ["jobs", 3, "3 jobs"]] as const)(
    "of %s as %d is called %s", (measure, value, words) => {
      expect(amount(measure, value)).toBe(words);
    },
  );

  it("is called by name, by id when the name is gone, and in words without id", () => {
    const known = new Map([["harbour", "Harbour"]]);
    expect(["harbour", "gone", ""].map((id) => nameOf("workflow", id, known))).toEqual(["Harbour", "gone", "graphs without a workflow"]);
  });

  it("of a deployment's instances is called by the deployment", () => {
    const known = new Map([["d1", "Portraits"]]);
    expect(["deployment/d1", "deployment/d2"].map((id) => nameOf("worker", id, known))).toEqual(["instances of Portraits", "instances of d2"]);
  });

  it("stands in a table with its share and the sum", () => {
    const names = [usageTotal({ name: "harbour", gpu_seconds: 30, jobs: 3 }), usageTotal({ gpu_seconds: 10 })];
    const report = { days: [], names, total: usageTotal({ gpu_seconds: 40, jobs: 4 }) };
    const table = show(UsageTable, { report, by: "workflow", known: new Map([["harbour", "Harbour"]]) });
    expect(table.get("[data-name=harbour]").text()).toMatch(/Harbour.*3.*30 s.*75 %/);
    expect(table.get("tfoot").text()).toMatch(/4.*40 s/);
  });
});
