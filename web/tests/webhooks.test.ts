import { describe, expect, it } from "vitest";

import { indented, restWords, story, tryWords } from "@/features/webhooks/webhook-words";
import DeliveryRow from "@/features/webhooks/DeliveryRow.vue";

import { delivery, NOW } from "./factories";
import { show } from "./mounting";

describe("a delivery", () => {
  const row = (more: object) => show(DeliveryRow, { one: delivery(more), now: NOW });

  it("says what became of it", () => {
    expect(row({}).get("[data-status=pending]").text()).toBe("waits");
    expect(row({ status: "delivered", next_at: null }).get("[data-status=delivered]").text()).toBe("arrived");
    expect(row({ status: "failed", next_at: null, last_error: "It answered 410." }).text()).toContain("It answered 410.");
  });

  it("is opened and sent again, whatever became of it", async () => {
    const shown = row({ status: "delivered" });
    await shown.get("button:not([aria-label])").trigger("click");
    await shown.get("button[aria-label^=Send]").trigger("click");
    expect([shown.emitted("open"), shown.emitted("resend")].map((one) => one?.length)).toEqual([1, 1]);
  });

  it("says when it is tried next, and why it has to be", () => {
    const failed = delivery({ attempts: 2, next_at: NOW + 9_500, last_error: "It answered 500." });
    expect(story(failed, NOW)).toBe("It answered 500. Next try in 10 s.");
    expect(story(delivery({ next_at: NOW - 5 }), NOW)).toBe("Its next try is due.");
    expect(story(delivery({ status: "delivered", attempts: 3 }), NOW)).toBe("after 3 tries");
    expect(story(delivery({ status: "delivered", attempts: 1 }), NOW)).toBe("");
  });
});

it("a try tells the answer, or why there was none", () => {
  const one = { number: 1, at: NOW, status: 204, latency_ms: 12, answer: "", error: null };
  expect(tryWords(one)).toBe("answered 204 in 12 ms");
  expect(tryWords({ ...one, status: null, latency_ms: null, error: "'app.example' cannot be reached." })).toContain("cannot be reached");
});

it("a target that rests says how many wait and how long", () => {
  const words = restWords({ target: "https://app.example", failures: 6, until: NOW + 60_000, waiting: 1 }, NOW);
  expect(words).toContain("failed 6 times");
  expect(words).toContain("1 delivery waits, and it is tried again in 1 m 0 s");
});

it("a body that is no JSON is shown as it is", () => {
  expect(indented('{"a":1}')).toBe('{\n  "a": 1\n}');
  expect(indented("plain")).toBe("plain");
});
