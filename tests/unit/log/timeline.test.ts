import { expect, it } from "vitest";
import { createTimeline } from "../../../src/log/timeline.ts";

it("counts from the run's beginning, which may be before anybody measured", () => {
  let now = 1500;
  const clock = () => now;
  const [own, since] = [createTimeline(clock), createTimeline(clock, 1000)];
  now = 1700;
  since.start("work").end();
  expect([own.elapsed(), since.elapsed()]).toEqual([200, 700]);
  expect(since.spans()).toEqual([{ name: "work", start: 700, end: 700 }]);
});
