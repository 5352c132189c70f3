import { expect, it } from "vitest";
import { doctorLines, doctorReport, type Finding } from "../../../src/report/doctor.ts";

const findings: Finding[] = [
  { about: "engine", state: "ok", says: "version 1" },
  { about: "disk", state: "problem", says: "1 MB free", next: "free space" },
  { about: "cache", state: "note", says: "::error::read only\nx" },
];

it("is a line for each look, with what to do below, and no command for the runner", () => {
  expect(doctorLines(findings)).toEqual([
    "ok      engine  version 1",
    "PROBLEM disk    1 MB free",
    "                → free space",
    "note    cache   : :error::read only x",
  ]);
});

it("fails the step only where no task can run", () => {
  const well = doctorReport(findings, undefined);
  expect(well).toMatchObject({
    exitCode: 0,
    failure: undefined,
    outputs: { conclusion: "success" },
  });
  expect(well.summary).toMatch(/1 problem/);
  expect(doctorReport(findings.slice(0, 1), undefined).summary).toMatch(/nothing is wrong here/);
  const ill = doctorReport(findings, "no engine");
  expect(ill).toMatchObject({
    exitCode: 1,
    failure: { message: "no engine" },
    outputs: { conclusion: "failure" },
  });
});
