import { describe, expect, it } from "vitest";

import { accountOf, deploymentLook, instanceLook, instancesOf, limitsOf, wrong, whereabouts } from "@/features/deployments/deployment-words";
import DeploymentCard from "@/features/deployments/DeploymentCard.vue";
import LimitFields from "@/features/deployments/LimitFields.vue";

import { deployment, instance, NOW } from "./factories";
import { show } from "./mounting";

describe("a deployment", () => {
  const card = (more: object, scaled = true) => show(DeploymentCard, { one: deployment(more), scaled, round: 0 });

  it("is off, works, has jobs that wait, or stands by", () => {
    expect(deploymentLook(deployment({ enabled: false, running: 1 })).word).toBe("off");
    expect(deploymentLook(deployment({ running: 1, waiting: 3 })).word).toBe("works");
    expect(deploymentLook(deployment({ waiting: 3 })).word).toBe("jobs wait");
    expect(deploymentLook(deployment()).word).toBe("standby");
  });

  it("shows its instances, what they run and why there are so many", () => {
    const one = card({ instances: [instance(), instance({ id: "instance-2", phase: "ready", jobs: ["abc12345-6789"] })], wanted: 2, why: "jobs wait" });
    expect(one.text()).toContain("2 instances (0 to 4)");
    expect(one.get("[data-instance=instance-1]").text()).toContain("starts");
    expect(one.get("[data-instance=instance-2]").text()).toContain("works");
    expect(one.text()).toContain("2 wanted: jobs wait.");
  });

  it("says nothing of instances where nothing starts any", () => {
    expect(instancesOf(deployment(), false)).toBe("");
    expect(card({}, false).text()).not.toContain("Starts");
  });

  it("is switched off and on again", async () => {
    const on = card({});
    await on.get("button[aria-label='Switch Portraits off']").trigger("click");
    expect(on.emitted("switch")).toEqual([[false]]);
    const off = card({ enabled: false });
    await off.get("button[aria-label='Switch Portraits on']").trigger("click");
    expect(off.emitted("switch")).toEqual([[true]]);
  });

  it("tells why a start failed", () => {
    const failed = instance({ ended_at: NOW - 60_000, reason: "no quota" });
    expect(card({ ended: [failed] }).get("details:last-of-type").text()).toContain("no quota");
  });

  it("adds up its last day", () => {
    const day = { starts: 4, failed: 1, needless: 2, cold_start_seconds: 93, busy_seconds: 3600, warm_seconds: 120 };
    expect(accountOf(deployment({ last_day: day })).map((fact) => fact.words)).toEqual([
      "4, of which 1 failed", "1 m 33 s", "1 h 0 m", "2 m 0 s", "2",
    ]);
  });
});

it("an instance that ends is said to finish its job first", () => {
  expect(whereabouts(instance({ dials_in: true }))).toBe("waits for its worker to connect");
  expect(whereabouts(instance({ dials_in: true, where: "10.0.0.7" }))).toBe("connected from 10.0.0.7");
  expect(instanceLook(instance({ phase: "draining", jobs: ["a"] })).word).toBe("ends after its job");
  expect(instanceLook(instance({ phase: "draining" })).word).toBe("ends");
  expect(instanceLook(instance({ phase: "ready" })).word).toBe("idle");
});

it("limits that cannot be are told", () => {
  const limits = limitsOf(deployment());
  expect(wrong(limits)).toBe("");
  expect(wrong({ ...limits, min_instances: 5 })).toContain("less than at least");
  expect(wrong({ ...limits, max_instances: 0 })).toContain("1 instance or more");
  expect(wrong({ ...limits, queue_size: 1.5 })).toContain("whole");
});

it("every limit has a field with its meaning", () => {
  const fields = show(LimitFields, { modelValue: limitsOf(deployment()) });
  expect(fields.findAll("input").map((input) => input.element.value)).toEqual(["0", "4", "1", "60"]);
  expect(fields.text()).toContain("stays");
});
