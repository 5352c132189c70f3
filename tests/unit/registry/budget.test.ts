import { describe, expect, it, vi } from "vitest";
import { startBudget } from "../../../src/registry/budget.ts";

describe("the budget of all requests to registries", () => {
  it("is spent by requests, and by nothing between them", async () => {
    let time = 0;
    const budget = startBudget(30_000, () => time);
    await budget.spend(async () => {
      time += 10_000;
      expect(budget.left()).toBe(20_000);
    });
    time += 600_000; // a build
    expect(budget.left()).toBe(20_000);
  });

  it("counts requests that run side by side once", async () => {
    let time = 0;
    const budget = startBudget(30_000, () => time);
    const first = Promise.withResolvers<void>();
    const one = budget.spend(() => first.promise);
    time += 1_000;
    await budget.spend(async () => {
      time += 1_000;
    });
    first.resolve();
    await one;
    expect(budget.left()).toBe(28_000);
  });

  it("is not spent by a clock that is set, and is whole milliseconds, as timers want them", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const budget = startBudget(60_000);
      await budget.spend(async () => {
        vi.setSystemTime(Date.now() + 3_600_000);
      });
      expect(budget.left()).toBeGreaterThan(0);
      expect(budget.left()).toBeLessThanOrEqual(60_000);
      expect(Number.isInteger(budget.left())).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is never less than nothing, and a failed request has spent its time too", async () => {
    let time = 0;
    const budget = startBudget(1_000, () => time);
    const failing = budget.spend(async () => {
      time += 5_000;
      throw new Error("reset");
    });
    await expect(failing).rejects.toThrow("reset");
    expect(budget.left()).toBe(0);
  });
});
