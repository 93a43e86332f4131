/** How a deployment and its instances are, in words and colours. */
import type { DeploymentView, DeploymentInstance, Limits } from "@/api/types";
import { duration } from "@/ui/time";

export interface Look {
  word: string;
  /** Of the dot beside it. */
  dot: string;
  /** Of the word. */
  text: string;
}

export function instanceLook(instance: DeploymentInstance): Look {
  switch (instance.phase) {
    case "ready":
      return instance.jobs.length
        ? { word: "works", dot: "bg-running", text: "text-running" }
        : { word: "idle", dot: "bg-completed", text: "text-completed" };
    case "starting":
      // It has begun before its state was looked at again.
      if (instance.jobs.length) return { word: "works", dot: "bg-running", text: "text-running" };
      return { word: "starts", dot: "bg-stalled", text: "text-stalled" };
    case "draining":
      return { word: instance.jobs.length ? "ends after its job" : "ends", dot: "bg-stalled", text: "text-stalled" };
    default:
      return { word: "ends", dot: "bg-muted", text: "text-muted" };
  }
}

/** Where an instance is, or what is still to come; empty when there is nothing to say. */
export function whereabouts(instance: DeploymentInstance): string {
  if (instance.dials_in) return instance.where ? `connected from ${instance.where}` : "waits for its worker to connect";
  return instance.where ?? (instance.phase === "starting" ? "its start command runs" : "");
}

export function deploymentLook(one: DeploymentView): Look {
  if (!one.enabled) return { word: "off", dot: "bg-muted", text: "text-muted" };
  if (one.running) return { word: "works", dot: "bg-running", text: "text-running" };
  if (one.waiting) return { word: "jobs wait", dot: "bg-stalled", text: "text-stalled" };
  return { word: "standby", dot: "bg-completed", text: "text-completed" };
}

/** `2 instances (0 to 4)`; where nothing starts any, nothing. */
export function instancesOf(one: DeploymentView, scaled: boolean): string {
  if (!scaled) return "";
  const there = one.instances.filter((instance) => instance.phase !== "ending").length;
  return `${there} ${there === 1 ? "instance" : "instances"} (${one.min_instances} to ${one.max_instances})`;
}

/** What the last day's instances came to, one fact each. */
export function accountOf(one: DeploymentView): { name: string; words: string }[] {
  const day = one.last_day;
  const facts = [{ name: "Starts", words: day.failed ? `${day.starts}, of which ${day.failed} failed` : String(day.starts) }];
  if (day.cold_start_seconds !== null) facts.push({ name: "Cold start", words: duration(day.cold_start_seconds) });
  if (day.busy_seconds || day.warm_seconds) {
    facts.push({ name: "Worked", words: duration(day.busy_seconds) }, { name: "Kept warm", words: duration(day.warm_seconds) });
  }
  if (day.needless) facts.push({ name: "Ended without a job", words: String(day.needless) });
  return facts;
}

/** Why the numbers cannot be; empty when they can. */
export function wrong(limits: Limits): string {
  if (Object.values(limits).some((value) => !Number.isInteger(value) || value < 0)) return "Every number is a whole one, from 0 up.";
  if (limits.max_instances < 1) return "At most: 1 instance or more.";
  if (limits.max_instances < limits.min_instances) return "At most is less than at least.";
  return "";
}

export function limitsOf(one: DeploymentView): Limits {
  return {
    min_instances: one.min_instances,
    max_instances: one.max_instances,
    queue_size: one.queue_size,
    keep_warm: one.keep_warm,
  };
}
