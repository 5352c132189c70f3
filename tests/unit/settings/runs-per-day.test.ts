import { describe, expect, it } from "vitest";
import { load, messagesOf } from "./workspace.ts";

const inputs = { command: "true", "trigger-phrase": "/agent" };
const given = (text: string, more: Record<string, string> = {}) => ({
  inputs: { ...inputs, "max-runs-per-day": text, ...more },
});

describe("max-runs-per-day", () => {
  it.each([
    ["10", 10, undefined],
    ["10, 50 in all", 10, 50],
    ["3 ,7 in all", 3, 7],
  ])("%s", async (text, person, all) => {
    const { settings } = await load(given(text));
    expect(settings["max-runs-per-day"]).toEqual({ person, all });
  });

  it.each(["0", "many", "-1", "1.5", "10, 50", "10 50 in all", "10,0 in all"])(
    "%s is told",
    async (text) => {
      expect(await messagesOf(given(text))).toEqual([
        expect.stringMatching(/^max-runs-per-day: .*`10, 50 in all`/),
      ]);
    },
  );

  it.each(["false", "sticky"])("has nothing to count with `comment: %s`", async (comment) => {
    expect(await messagesOf(given("10", { comment }))).toEqual([
      expect.stringMatching(new RegExp(`^max-runs-per-day: .*\`comment: ${comment}\``)),
    ]);
    expect(await messagesOf(given("10", { comment: "true" }))).toEqual([]);
  });

  it("counts nothing where nobody asks", async () => {
    const { "trigger-phrase": _, ...rest } = given("10").inputs;
    expect(await messagesOf({ inputs: rest })).toEqual([
      expect.stringMatching(/^max-runs-per-day: trigger-phrase is missing/),
    ]);
  });

  it("is not read in a file, and says so", async () => {
    const file = "max-runs-per-day: 10\n";
    const asked = { inputs: { command: "true", environment: "e.yml" }, files: { "e.yml": file } };
    expect(await messagesOf(asked)).toEqual([
      expect.stringMatching(/^max-runs-per-day: it belongs into the workflow.*e\.yml/),
    ]);
  });
});
