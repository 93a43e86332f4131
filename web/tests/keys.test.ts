import { describe, expect, it } from "vitest";

import { asLimit, inOrder, revokeQuestion } from "@/features/keys/key-words";
import KeyRow from "@/features/keys/KeyRow.vue";
import NewKeyPanel from "@/features/keys/NewKeyPanel.vue";

import { apiKey, NOW } from "./factories";
import { show } from "./mounting";

describe("a key", () => {
  const row = (more: object) => show(KeyRow, { one: apiKey(more), now: NOW });

  it("says when it was last used, or that it never was", () => {
    expect(row({}).text()).toContain("never");
    expect(row({ last_used_at: NOW - 120_000 }).text()).toMatch(/2 min/);
  });

  it("is revoked once", async () => {
    const valid = row({});
    await valid.get("button").trigger("click");
    expect(valid.emitted("revoke")).toHaveLength(1);
    const revoked = row({ revoked_at: NOW - 60_000 });
    expect(revoked.find("button").exists()).toBe(false);
    expect(revoked.text()).toContain("revoked 1 min");
  });

  it("that is the last valid one is named so before it goes", () => {
    const one = apiKey();
    const revoked = apiKey({ id: "k2", revoked_at: NOW });
    expect(revokeQuestion(one, [one, revoked])).toContain("the last key");
    expect(revokeQuestion(one, [one, apiKey({ id: "k3" })])).not.toContain("the last key");
  });

  it("of the operator is the last one when only tenants have others", () => {
    const theirs = apiKey({ id: "k2", tenant: "school" });
    expect(revokeQuestion(apiKey(), [apiKey(), theirs])).toContain("the last key that steers every tenant");
    expect(revokeQuestion(theirs, [apiKey(), theirs])).not.toContain("the last key");
    expect(show(KeyRow, { one: theirs, now: NOW, withTenant: true }).text()).toContain("of school");
  });

  it.each([["3", 3], ["", null], [" ", null], ["1.5", null]])("limit %j is read as %j", (text, most) => {
    expect(asLimit(text)).toBe(most);
  });

  it("of a worker says so, and is never the last one", () => {
    const worker = apiKey({ id: "k2", role: "worker" });
    expect(row({ role: "worker" }).text()).toContain("for a worker");
    expect(revokeQuestion(worker, [worker])).not.toContain("the last key");
    expect(revokeQuestion(apiKey(), [apiKey(), worker])).toContain("the last key");
  });

  it("that is new is shown with a way to copy it", () => {
    const panel = show(NewKeyPanel, { made: { ...apiKey(), key: "k1_secret" } });
    expect(panel.get("[data-testid=secret]").text()).toBe("k1_secret");
    expect(panel.find("button[title='Copy the key']").exists()).toBe(true);
  });
});

it("valid keys stand before revoked ones, the latest first", () => {
  const keys = [apiKey({ id: "old" }), apiKey({ id: "gone", revoked_at: NOW, created_at: NOW }), apiKey({ id: "new", created_at: NOW })];
  expect(inOrder(keys).map((one) => one.id)).toEqual(["new", "old", "gone"]);
});
